import { createHash } from "node:crypto";
import type { Act } from "../core/action/types";

/** Hexadecimal digits of the hash. */
export const RUN_KEY_LENGTH = 20;

/**
 * What an action runs, and why: another one means that it is to be run again.
 * Its timeout, and the password it gets its rights with, are no reason.
 */
export function runKey(triggers: readonly unknown[], act: Act): string {
  const runs = runningOf(act);
  return digest({ triggers, sudo: act.sudo || false, ...runs }, RUN_KEY_LENGTH);
}

function runningOf(act: Act): object {
  switch (act.kind) {
    case "service":
      return { service: act.service, perform: act.perform };
    case "reboot":
      return { reboot: true };
    case "command":
      return {
        command: act.command,
        stdin: act.stdin ?? "",
        environment: act.environment ?? {},
      };
  }
}

/** A hash over a value of Pulumi's, whatever the order of its keys. */
export function digest(value: unknown, length: number): string {
  const text = JSON.stringify(value, (_, part: unknown) => ordered(part));
  return createHash("sha256")
    .update(text ?? "")
    .digest("hex")
    .slice(0, length);
}

function ordered(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return value;
  const entries = Object.entries(value);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** A resource's own URN, as a state has it: whole it would be a tenth of it. */
export const hashOfUrn = (urn: string): string => digest(urn, 16);
