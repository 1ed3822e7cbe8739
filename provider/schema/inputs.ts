import { z } from "zod";
import { known } from "../unknown";
import { action } from "./action";
import { connection } from "./connection";
import { lock } from "./lock";
import {
  checked,
  closed,
  flag,
  gate,
  HALF_CHARACTER,
  health,
  isWellFormed,
  sideCommand,
  text,
} from "./parts";
import { watchedProcess } from "./process";

export const target = checked((value) => {
  if (!value.trim()) return "must not be empty";
  if (!isWellFormed(value)) return HALF_CHARACTER;
  if (/\p{Cc}/u.test(value)) return "must not contain control characters";
  return value.length > 255 ? "expected at most 255 characters" : null;
});

export const logging = z.enum(["none", "stdout", "stderr", "stdoutAndStderr"]);

/** The inputs of a `LockedAction`; defaults are applied elsewhere, after unknowns are known. */
export const lockedActionInputs = closed({
  connection,
  target: target.optional(),
  action,
  triggers: known(z.array(z.unknown())).optional(),
  always: flag.optional(),
  onCreate: known(z.enum(["act", "record"])).optional(),
  lock,
  process: watchedProcess.optional(),
  onlyIf: sideCommand.optional(),
  gate: gate.optional(),
  health: health.optional(),
  drain: sideCommand.optional(),
  undrain: sideCommand.optional(),
  logging: known(logging).optional(),
  /** The URN, told by `sdk/`. */
  __urn: text.optional(),
});

export type LockedActionInputs = z.output<typeof lockedActionInputs>;
