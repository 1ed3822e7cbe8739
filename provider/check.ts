import type { z } from "zod";
import type { LockSpec } from "../core/action/types";
import { clean, LONGEST_LINE } from "../core/text/clean";
import { adviceOn } from "./advice";
import { describeChefProblems } from "./chef";
import { explainNew } from "./explain";
import { lockOf, targetOf } from "./plan";
import type { Runtime } from "./runtime";
import { lockedActionInputs, type LockedActionInputs } from "./schema/inputs";
import { describeIssue } from "./schema/issue";
import { describeShape, keyName } from "./schema/shape";
import type { Settings } from "./settings";
import { hasUnknown, isUnknown } from "./unknown";

/** Inputs as they come from the engine. */
export type Properties = Record<string, unknown>;

export interface CheckResult {
  inputs: Properties;
  failures: { property: string; reason: string }[];
}

/** The inputs of `sdk/` that no user gives. */
const PID = "__pid";
const PROVIDER = "__provider";

/** What a kind of resource knows of its inputs. */
export interface Kind {
  schema: z.ZodType;
  /** Tells what the first run of a new one will do. */
  explainNew(runtime: Runtime, inputs: unknown): void;
  /** Its locks that are shared with Chef, with every default applied, one for each machine; of those that are known by now. */
  chefLocksOf(inputs: unknown, settings: Settings): LockSpec[];
}

const LOCKED_ACTION: Kind = {
  schema: lockedActionInputs,
  explainNew: (runtime, inputs) =>
    explainNew(runtime, inputs as LockedActionInputs),
  chefLocksOf: (inputs, settings) =>
    chefLocksOf(inputs as LockedActionInputs, settings),
};

/**
 * Says what is wrong with the inputs, in preview already. The failures name no property:
 * the engine would print that one's whole value, keys included.
 */
export function check(
  runtime: Runtime,
  olds: Properties,
  news: Properties,
  { schema, explainNew, chefLocksOf }: Kind = LOCKED_ACTION,
): CheckResult {
  const pid = news[PID];
  if (typeof pid === "number") runtime.program.know(pid);
  runtime.warnOnce();
  const { problems: wrong, settings } = runtime.settings;
  const shape = describeShape(news);
  if (shape.length > 0) return { inputs: news, failures: asFailures(shape) };
  const inputs = tidy(without(news, PID));
  const problems = [...wrong, ...describeProblems(inputs, schema)];
  if (problems.length === 0)
    problems.push(
      ...describeMissing(runtime, inputs as WithLock),
      ...new Set(chefLocksOf(inputs, settings).flatMap(describeChefProblems)),
    );
  if (problems.length === 0) {
    if (Object.keys(olds).length === 0) explainNew(runtime, inputs);
    advise(runtime, inputs);
  }
  return { inputs, failures: asFailures(problems) };
}

function asFailures(problems: string[]): CheckResult["failures"] {
  // a name of a property may be whatever was read from a file, or from another program
  return problems.map((problem) => ({
    property: "",
    reason: clean(problem, LONGEST_LINE),
  }));
}

/** The engine gets its answer first, then the warnings. */
function advise({ status }: Runtime, inputs: Properties): void {
  const { __urn: urn } = inputs;
  if (typeof urn !== "string" || isUnknown(urn)) return;
  const advice = adviceOn(inputs);
  if (advice.length)
    setImmediate(() => advice.forEach((line) => status.warn(urn, line)));
}

/** The inputs, known to be right. @throws with all problems */
export function parseInputs<T = LockedActionInputs>(
  news: Properties,
  schema: z.ZodType = lockedActionInputs,
): T {
  const problems = describeProblems(news, schema);
  if (problems.length) throw new Error(problems.join("; "));
  return tidy(without(news, PID, PROVIDER)) as T;
}

export function describeProblems(
  news: Properties,
  schema: z.ZodType = lockedActionInputs,
): string[] {
  const shape = describeShape(news);
  if (shape.length > 0) return shape;
  const inputs = tidy(without(news, PID, PROVIDER));
  const result = schema.safeParse(inputs);
  return (result.error?.issues ?? []).map((issue) => {
    const path = issue.path.map((key) => keyName(String(key))).join(".");
    const message = describeIssue(issue, inputs);
    return path ? `${path}: ${message}` : message;
  });
}

type WithLock = Pick<LockedActionInputs, "lock">;

/** What may come from the stack's configuration, but must come from somewhere. */
function describeMissing(
  { settings: { settings } }: Runtime,
  { lock }: WithLock,
): string[] {
  if (isUnknown(lock) || isUnknown(lock.skip)) return [];
  const skip = lock.skip ?? settings.skipCoordination ?? false;
  if (skip || lock.servers !== undefined || settings.zookeeperServers)
    return [];
  return [
    "lock.servers: is required: give it here, as stack config locked-action:zookeeperServers, or as LOCKED_ACTION_ZOOKEEPER_SERVERS",
  ];
}

/** None while anything is unknown of what it depends on, or where there is no Chef. */
export function chefLocksOf(
  { lock, target, connection }: LockedActionInputs,
  settings: Settings,
): LockSpec[] {
  if (!lock.chef) return [];
  if (hasUnknown([lock, target]) || isUnknown(connection)) return [];
  const { host, port } = connection;
  if (hasUnknown([host, port])) return [];
  return [lockOf(lock, targetOf({ target, connection }), settings)];
}

function without(properties: Properties, ...keys: string[]): Properties {
  const entries = Object.entries(properties);
  return Object.fromEntries(entries.filter(([key]) => !keys.includes(key)));
}

/** A secret that turned out not to be there comes as null. What stands in triggers is nobody's business. */
function tidy({ triggers, ...inputs }: Properties): Properties {
  const tidied = withoutNulls(inputs) as Properties;
  if (triggers !== undefined && triggers !== null) tidied.triggers = triggers;
  return tidied;
}

function withoutNulls(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value))
    return value;
  const entries = Object.entries(value)
    .filter(([, part]) => part !== null && part !== undefined)
    .map(([key, part]) => [key, withoutNulls(part)]);
  return Object.fromEntries(entries);
}
