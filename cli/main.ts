#!/usr/bin/env node
import { jsonText } from "./json-text";
import { CommanderError } from "commander";
import { clean, ended, LONGEST_LINE } from "../core/text/clean";
import { exitCodeOf, Interrupted, storyOf } from "./errors";
import type { GlobalOptions } from "./options";
import { createProgram } from "./program";

/** Nothing may keep the process once its work is done. */
const LINGER = 3000;

async function main(): Promise<void> {
  const program = createProgram();
  try {
    await program.parseAsync();
  } catch (error) {
    process.exitCode = exitCodeOf(error);
    const { json, output } = program.opts<GlobalOptions>();
    report(error, process.exitCode, json || output === "json");
  }
  setTimeout(() => process.exit(), LINGER).unref();
}

function report(error: unknown, exit: number, json: boolean): void {
  if (exit === 0 || error instanceof Interrupted) return;
  if (error instanceof CommanderError && error.code === "commander.help")
    return; // no command at all: the help is there already
  // the one place where all errors pass, whoever's words are in them
  const said = told(error);
  const [message = "", ...story] = [said.message, ...said.story].map((text) =>
    json ? ended(text, LONGEST_LINE) : clean(text, LONGEST_LINE),
  );
  if (json) {
    const error = { exit, message, story };
    return void process.stderr.write(`${jsonText({ error })}\n`);
  }
  process.stderr.write(
    [`locked-action: ${message}`, ...story].join("\n  ") + "\n",
  );
}

function told(error: unknown): { message: string; story: string[] } {
  if (!(error instanceof CommanderError)) return storyOf(error);
  const [message = "", ...story] = error.message
    .replace(/^error: /, "")
    .split("\n");
  return { message, story: [...story, "all about it: locked-action --help"] };
}

void main();
