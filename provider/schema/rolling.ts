import { z } from "zod";
import { targetOf } from "../plan";
import { hasUnknown, isUnknown, known } from "../unknown";
import { action } from "./action";
import { contradictions } from "./contradictions";
import { connection, type ConnectionInput } from "./connection";
import { logging, target } from "./inputs";
import { data, lock } from "./lock";
import {
  checked,
  closed,
  count,
  flag,
  gate,
  health,
  positiveSeconds,
  sideCommand,
  HALF_CHARACTER,
  isWellFormed,
  text,
  together,
} from "./parts";
import { watchedProcess } from "./process";

/** What a host may have of its own; the fleet's is for those who have none. */
const parts = {
  action: action.optional(),
  process: watchedProcess.optional(),
  onlyIf: sideCommand.optional(),
  gate: gate.optional(),
  health: health.optional(),
  drain: sideCommand.optional(),
  undrain: sideCommand.optional(),
  triggers: known(z.array(z.unknown())).optional(),
};

const host = known(
  closed({
    connection,
    target: target.optional(),
    group: data.optional(),
    ...parts,
  }),
);

const hosts = known(
  together(z.record(z.string(), host), (value, context) => {
    const issue = (path: string[], message: string) =>
      context.addIssue({ code: "custom", path, message });
    if (Object.keys(value).length === 0) issue([], "must not be empty");
    for (const key of Object.keys(value)) {
      const message = describeKeyProblem(key);
      if (message) issue([key], message);
    }
    for (const [key, other, name] of sameMachines(value))
      issue(
        [key, "target"],
        `${name} is the target of ${other} already: each machine once`,
      );
  }),
);

function describeKeyProblem(key: string): string | null {
  if (!key.trim()) return "the name of a host must not be empty";
  if (/\p{Cc}/u.test(key))
    return "the name of a host must not contain control characters";
  if (!isWellFormed(key)) return `the name of a host ${HALF_CHARACTER}`;
  return key.length > 64
    ? "the name of a host must have at most 64 characters"
    : null;
}

/** Key, the earlier key, and the target that both have. */
function sameMachines(
  hosts: Record<string, z.output<typeof host>>,
): [string, string, string][] {
  const keys = new Map<string, string>();
  const found: [string, string, string][] = [];
  for (const [key, value] of Object.entries(hosts)) {
    if (isUnknown(value) || hasUnknown(value.target)) continue;
    const { target, connection } = value;
    const address = connection as ConnectionInput | undefined;
    if (!target && (isUnknown(address) || !address?.host)) continue;
    if (!target && hasUnknown([address?.host, address?.port])) continue;
    const name = targetOf({ target, connection: address! });
    const other = keys.get(name);
    if (other !== undefined) found.push([key, other, name]);
    else keys.set(name, key);
  }
  return found;
}

const PERCENT = /^(\d+(?:\.\d+)?)%$/;

/** `3`, or `"25%"`. */
const numberOrPercent = known(
  z.custom<number | string>((value) => {
    if (typeof value === "number") return count.safeParse(value).success;
    const percent = Number(PERCENT.exec(String(value))?.[1]);
    return typeof value === "string" && percent > 0 && percent <= 100;
  }, `expected a whole number between 1 and 100000, or a percentage between 0 and 100 ("25%")`),
);

const order = known(
  z.array(
    checked((value) =>
      value ? null : "expected the name of a host, got an empty one",
    ),
  ),
);

const fields = {
  hosts,
  ...parts,
  action,
  always: flag.optional(),
  onCreate: known(z.enum(["act", "record"])).optional(),
  lock,
  logging: known(logging).optional(),
  maxUnavailable: numberOrPercent.optional(),
  groups: known(z.enum(["together", "oneAtATime"])).optional(),
  canary: known(
    closed({ count, minHealthy: positiveSeconds.optional() }),
  ).optional(),
  maxFailures: count.optional(),
  order: order.optional(),
  /** The URN, told by `sdk/`. */
  __urn: text.optional(),
};

/** The inputs of a `RollingAction`; defaults are applied elsewhere, after unknowns are known. */
export const rollingInputs = together(closed(fields), (value, context) => {
  for (const [path, message] of contradictions(value as RollingActionInputs))
    context.addIssue({ code: "custom", path, message });
});

export type RollingActionInputs = z.output<
  ReturnType<typeof closed<typeof fields>>
>;
