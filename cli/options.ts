import { InvalidArgumentError, Option, type Command } from "commander";
import type { Limits } from "../core/lock";

/** What every command takes. */
export interface GlobalOptions {
  servers?: string;
  root?: string;
  stack?: string;
  json: boolean;
  output: "text" | "wide" | "json";
  color: boolean;
  connectTimeout: number;
}

/** A positive number of seconds that a timer can wait. */
export function seconds(text: string): number {
  const value = Number(text);
  if (text.trim() === "" || !(value > 0 && value <= 2_147_483))
    throw new InvalidArgumentError("Expected a number of seconds.");
  return value;
}

/** The same, or 0. */
export function secondsOrZero(text: string): number {
  return /^0+(\.0*)?$/.test(text.trim()) ? 0 : seconds(text);
}

/** A variable of a shell that is not set names nothing. */
export function word(text: string): string {
  if (text.trim() === "")
    throw new InvalidArgumentError(
      "This must not be empty: is a variable unset?",
    );
  return text;
}

export function count(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text))
    throw new InvalidArgumentError("Expected a whole number from 1.");
  return Number(text);
}

/** "none" stays a word: commander takes null for a missing value. */
export function countOrNone(text: string): number | "none" {
  return text === "none" ? text : count(text);
}

/** A lock's limits, as far as they are given. */
export interface LimitOptions {
  maxHolders?: number;
  maxPerGroup?: number | "none";
  maxFailures?: number;
}

export function limitsGiven(options: LimitOptions): Partial<Limits> {
  const { maxHolders, maxPerGroup, maxFailures } = options;
  return {
    ...(maxHolders === undefined ? {} : { maxHolders }),
    ...(maxPerGroup === undefined
      ? {}
      : { maxPerGroup: maxPerGroup === "none" ? null : maxPerGroup }),
    ...(maxFailures === undefined ? {} : { maxFailures }),
  };
}

export function addGlobalOptions(program: Command): Command {
  return program
    .option(
      "--servers <list>",
      "ZooKeeper servers, host:port,host:port[/chroot]",
    )
    .option("--root <path>", "namespace of the locks (default: /locked-action)")
    .option("--stack <name>", "take servers and root from this stack's config")
    .option("--json", "print JSON: one document, or one line for each record")
    .addOption(
      new Option("-o, --output <form>", "how much to print")
        .choices(["text", "wide", "json"])
        .default("text"),
    )
    .option("--no-color", "no colours, on a terminal too")
    .addOption(
      new Option("--connect-timeout <seconds>", "how long to try to connect")
        .argParser(seconds)
        .default(10),
    );
}
