import { State, type Client } from "node-zookeeper-client";
import {
  ACLS,
  codeOf,
  commit,
  createClient,
  readData,
  modeOf,
} from "../../../core/zookeeper/client";
import type {
  Access,
  CreateMode,
  Operation,
} from "../../../core/zookeeper/operations";
import { readStat, type Stat } from "../../../core/zookeeper/replies";
import { parseServers } from "../../../core/zookeeper/servers";
import { Dice } from "../../chaos/dice";
import { parentOf } from "./tree";

/** What one of two sessions asks in one go. */
export interface Turn {
  by: 0 | 1;
  asks: Ask[];
}

type Ask =
  | { kind: "exists"; path: string }
  | { kind: "getData" | "getChildren"; path: string; watch: boolean }
  | {
      kind: "create";
      path: string;
      data: string;
      mode: CreateMode;
      access: Access;
    }
  | { kind: "setData"; path: string; data: string; version: number }
  | { kind: "remove"; path: string; version: number }
  | { kind: "multi"; operations: Operation[] };

const MODES: CreateMode[] = [
  "persistent",
  "persistent",
  "persistent",
  "ephemeral",
  "persistentSequential",
  "ephemeralSequential",
];

/** Random requests of two sessions below one node, which has a parent of its own; the same for the same seed. */
export function conversation(
  seed: number,
  root: string,
  turns: number,
): Turn[] {
  const dice = new Dice(seed);
  const path = (): string => {
    const deep = dice.of([0, 1, 1, 1, 2, 2, 3]);
    return [
      root,
      ...Array.from({ length: deep }, () => dice.of(["a", "b", "c"])),
    ].join("/");
  };
  const version = () => dice.of([-1, -1, 0, 1, 2]);
  const access = () => dice.of(["own", "shared", "anyone", "anyone"] as const);
  const data = () => dice.of(["", "x", "yy"]);
  const operation = (as: string): Operation => {
    const at = { as, path: path() };
    switch (dice.of([0, 0, 0, 1, 2, 3])) {
      case 0:
        return {
          ...at,
          kind: "create",
          data: Buffer.from(data()),
          mode: dice.of(MODES),
          access: access(),
        };
      case 1:
        return { ...at, kind: "check", version: version() };
      case 2:
        return {
          ...at,
          kind: "set",
          data: Buffer.from(data()),
          version: version(),
        };
      default:
        return { ...at, kind: "delete", version: version() };
    }
  };
  const ask = (): Ask => {
    switch (Math.floor(dice.between(0, 9))) {
      case 0:
        return { kind: "exists", path: path() };
      case 1:
        return { kind: "getData", path: path(), watch: dice.chance(0.7) };
      case 2:
        return { kind: "getChildren", path: path(), watch: dice.chance(0.7) };
      case 3:
      case 4:
      case 5:
        return {
          kind: "create",
          path: path(),
          data: data(),
          mode: dice.of(MODES),
          access: access(),
        };
      case 6:
        return {
          kind: "setData",
          path: path(),
          data: data(),
          version: version(),
        };
      case 7:
        return { kind: "remove", path: path(), version: version() };
      default: {
        const count = Math.ceil(dice.between(0, 4));
        const operations = Array.from({ length: count }, (_, i) =>
          operation(`${i}`),
        );
        return { kind: "multi", operations };
      }
    }
  };
  return Array.from({ length: turns }, () => ({
    by: dice.of([0, 1] as const),
    asks: Array.from({ length: Math.ceil(dice.between(0, 4)) }, ask),
  }));
}

/** A client of the library, as core/zookeeper makes it, over whatever the library is over. */
export async function open(
  connect: string,
  credentials: string | null,
): Promise<Client> {
  const client = createClient(parseServers(connect), 8000);
  if (credentials !== null)
    client.addAuthInfo("digest", Buffer.from(credentials));
  const connected = reaches(client, State.SYNC_CONNECTED);
  client.connect();
  await connected;
  return client;
}

function reaches(client: Client, wanted: State): Promise<void> {
  return new Promise((resolve) => {
    client.on("state", (state) => {
      if (state === wanted) resolve();
    });
  });
}

type LibraryStat = Parameters<typeof readStat>[0];

/**
 * Holds it: what each client was told, answers and events in the order in which
 * they came. Transactions are numbered from the one that made the root.
 */
export async function hold(
  turns: Turn[],
  root: string,
  clients: [Client, Client],
): Promise<string[][]> {
  const [first, second] = clients;
  const logs: string[][] = [[], []];
  for (const path of [parentOf(root), root])
    await new Promise<void>((resolve) =>
      first.create(path, Buffer.alloc(0), ACLS.anyone, 0, () => resolve()),
    );
  let base = 0n;
  const barrier = (client: Client) =>
    new Promise<void>((resolve) =>
      client.exists(root, (_error, stat) => {
        base ||= readStat(stat as LibraryStat).czxid;
        resolve();
      }),
    );
  await barrier(first);
  const told = (stat: Stat): string =>
    `c${stat.czxid - base} m${stat.mzxid - base} v${stat.version} ${stat.children}${stat.ephemeral ? " ephemeral" : ""}`;
  for (const { by, asks } of turns) {
    await Promise.all(
      asks.map(
        (each) =>
          new Promise<void>((resolve) => {
            const done = (error: unknown, ...values: unknown[]) => {
              const told = values.flatMap(tell);
              logs[by]!.push(
                [`${describe(each)}: ${codeOf(error)}`, ...told].join(" "),
              );
              resolve();
            };
            const watcher = (event: object) =>
              void logs[by]!.push(`event ${tellEvent(event as Event)}`);
            send(clients[by], each, watcher, done);
          }),
      ),
    );
    // a client is told of events before the answer to what it asks later
    for (const client of clients) await barrier(client);
  }
  const before = logs.map(({ length }) => length);
  const gone = reaches(second, State.DISCONNECTED);
  second.close();
  // its nodes go with it, and the first one has an answer of later
  await gone;
  await barrier(first);
  first.close();
  // nodes go with their session in no certain order
  return logs.map((log, which) => [
    ...log.slice(0, before[which]),
    ...log.slice(before[which]).sort(),
  ]);

  function tell(value: unknown): string[] {
    if (value === undefined || value === null) return [];
    if (typeof value === "string") return [value];
    if (Buffer.isBuffer(value)) return [`"${value.toString()}"`];
    if (Array.isArray(value))
      return typeof value[0] === "string"
        ? [(value as string[]).sort().join()]
        : (value as Result[]).flatMap(({ err = 0, path, stat }) => [
            String(err),
            ...tell(path),
            ...tell(stat),
          ]);
    return [told(readStat(value as LibraryStat))];
  }
}

interface Event {
  name: string;
  path: string;
}

interface Result {
  err?: number;
  path?: string;
  stat?: object;
}

const tellEvent = ({ name, path }: Event): string => `${name} ${path}`;

function send(
  client: Client,
  ask: Ask,
  watcher: (event: object) => void,
  done: (error: unknown, ...values: unknown[]) => void,
): void {
  switch (ask.kind) {
    case "exists":
      return client.exists(ask.path, done);
    case "getData":
      return readData(client, ask.path, ask.watch ? watcher : undefined, done);
    case "getChildren":
      if (ask.watch) return client.getChildren(ask.path, watcher, done);
      return client.getChildren(ask.path, done);
    case "create": {
      const data = Buffer.from(ask.data);
      const mode = modeOf(ask.mode);
      return client.create(ask.path, data, ACLS[ask.access], mode, done);
    }
    case "setData":
      return client.setData(ask.path, Buffer.from(ask.data), ask.version, done);
    case "remove":
      return client.remove(ask.path, ask.version, done);
    case "multi":
      return commit(
        client,
        "",
        ask.operations,
        (access = "own") => access,
        done,
      );
  }
}

function describe(ask: Ask): string {
  const { kind } = ask;
  if (kind !== "multi") return `${kind} ${ask.path}`;
  return `multi ${ask.operations.map(({ kind, path }) => `${kind} ${path}`).join(", ")}`;
}
