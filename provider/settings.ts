import { describeServersProblem } from "../core/zookeeper/servers";
import { nearest } from "./nearest";
import { describeRootProblem, onFailedHolder } from "./schema/lock";

const NAMESPACE = "locked-action";

/** Defaults of a whole stack or machine, for what a resource does not say itself. */
export interface Settings {
  zookeeperServers?: string;
  zookeeperAuth?: { scheme: string; credentials: string };
  lockRoot?: string;
  lockTimeout?: number;
  maxWait?: number;
  retryInterval?: number;
  ownerGrace?: number;
  onFailedHolder?: "fail" | "wait";
  skipCoordination?: boolean;
}

export interface ReadSettings {
  settings: Settings;
  /** Each begins with where it was read; none repeats a value. */
  problems: string[];
  warnings: string[];
}

type Readers = {
  [K in keyof Required<Settings>]: (text: string) => Settings[K];
};

// Each throws what is expected.
const readers: Readers = {
  zookeeperServers: (text) => valid(text, describeServersProblem(text)),
  zookeeperAuth: readAuth,
  lockRoot: (text) => valid(text, describeRootProblem(text)),
  lockTimeout: readSeconds,
  maxWait: readSeconds,
  retryInterval: readSeconds,
  ownerGrace: (text) => (text.trim() === "0" ? 0 : readSeconds(text)),
  onFailedHolder: (text) => {
    const read = onFailedHolder.safeParse(text);
    if (!read.success) throw new Error('expected "fail" or "wait"');
    return read.data;
  },
  skipCoordination: (text) => {
    if (/^(true|1|yes)$/i.test(text)) return true;
    if (/^(false|0|no)$/i.test(text)) return false;
    throw new Error("expected true or false");
  },
};

const KEYS = Object.keys(readers) as (keyof Settings)[];

/** Reads stack config `locked-action:*`, then `LOCKED_ACTION_*`: config wins. */
export function readSettings(
  config: Readonly<Record<string, unknown>>,
  environment: NodeJS.ProcessEnv,
): ReadSettings {
  const problems: string[] = [];
  const settings: Settings = {};
  for (const key of KEYS) {
    const given = [
      [`${NAMESPACE}:${key}`, config[`${NAMESPACE}:${key}`]],
      [variable(key), environment[variable(key)]],
    ].find(([, value]) => value !== undefined && value !== "");
    if (!given) continue;
    const [where, value] = given;
    const problem = read(settings, key, String(value));
    if (problem) problems.push(`${String(where)}: ${problem}`);
  }
  return { settings, problems, warnings: unknownKeys(config) };
}

function read<K extends keyof Settings>(
  settings: Settings,
  key: K,
  text: string,
): string | null {
  try {
    settings[key] = readers[key](text);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** `zookeeperServers` → `LOCKED_ACTION_ZOOKEEPER_SERVERS` */
export function variable(key: string): string {
  const words = key.replace(/[A-Z]/g, (letter) => `_${letter}`);
  return `LOCKED_ACTION_${words.toUpperCase()}`;
}

function unknownKeys(config: Readonly<Record<string, unknown>>): string[] {
  const known = new Set<string>(KEYS);
  return Object.keys(config)
    .filter((key) => key.startsWith(`${NAMESPACE}:`))
    .map((key) => key.slice(NAMESPACE.length + 1))
    .filter((key) => !known.has(key))
    .map((key) => {
      const near = nearest(key, KEYS);
      return `there is no stack config ${NAMESPACE}:${key}${near ? `; did you mean ${NAMESPACE}:${near}?` : ""}`;
    });
}

function valid(text: string, problem: string | null): string {
  if (problem) throw new Error(problem);
  return text;
}

function readSeconds(text: string): number {
  const seconds = Number(text);
  if (text.trim() === "" || !(seconds > 0 && seconds <= 2_147_483))
    throw new Error("expected a number of seconds");
  return seconds;
}

function readAuth(text: string): Settings["zookeeperAuth"] {
  const [, scheme, credentials] = /^([a-z]+):(.+)$/s.exec(text) ?? [];
  if (!scheme || !credentials)
    throw new Error("expected scheme:credentials, digest:user:password say");
  return { scheme, credentials };
}
