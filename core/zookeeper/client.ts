import type { Socket } from "node:net";
import * as zookeeper from "node-zookeeper-client";
import type { Client, Event } from "node-zookeeper-client";
import { FURTHER_CODES } from "./codes";
import { AnswerTooLarge, Frames } from "./frames";
import type { Access, CreateMode, Operation } from "./operations";
import { DataRequest } from "./quick-reads";
import "./quick-records";
import {
  accessList,
  TransactionRequest,
  type OperationResult,
  type Right,
} from "./quick-transactions";
import type { Code } from "./replies";
import type { Servers } from "./servers";

/** The parts of node-zookeeper-client's connection manager that its cures need. */
interface Internals {
  socket?: Socket;
  /** 1: connecting, 2: connected */
  state: number;
  servers: { host: string; port: number }[];
  /** Not written yet. */
  packetQueue: { queue: unknown[] };
  connectTimeout: number;
  connectTimeoutHandler: NodeJS.Timeout | null;
  onSocketData(chunk: Buffer): void;
  onSocketConnected(): void;
  connect(): void;
  queue(
    request: TransactionRequest | DataRequest,
    done: (error: unknown, answer?: { payload: object | null }) => void,
  ): void;
  registerDataWatcher(path: string, watcher: (event: Event) => void): void;
}

export type { Client, Event };
export const CONNECTING = 1;

// Errors that the library's table lacks (a quota, a moved session, a read-only
// server …): it throws out of its socket's handler, the process dies.
const exception = zookeeper.Exception as unknown as {
  create(code: number, path?: string): Error & { code: number };
};
const known = exception.create;
exception.create = (code, path) => {
  try {
    return known(code, path);
  } catch {
    return Object.assign(new Error(`ZooKeeper error ${code}`), { code });
  }
};

const NAMES = new Map<number, string>(
  Object.entries(zookeeper.Exception)
    .filter((entry): entry is [string, number] => typeof entry[1] === "number")
    .map(([name, code]) => [code, name]),
);

export function codeOf(error: unknown): Code {
  if (!error) return "OK";
  const code = (error as { code?: unknown }).code;
  const name =
    typeof code === "number"
      ? (NAMES.get(code) ?? FURTHER_CODES.get(code))
      : undefined;
  return (name ?? `ERROR_${String(code)}`) as Code;
}

export function internals(client: Client): Internals {
  return (client as unknown as { connectionManager: Internals })
    .connectionManager;
}

/** Emitted by a client whose server serves nobody without credentials (`enforce.auth.enabled`). */
export const CREDENTIALS_DEMANDED = "credentialsDemanded";

/** Emitted when an answer is longer than any that we take: asked again, it would be as long. */
export const ANSWER_TOO_LARGE = "answerTooLarge";

/** Such a server ends the connection with this; the library drops it, for its number is no request's. */
function demandsCredentials(frame: Buffer): boolean {
  const [afterLength, afterXid, afterZxid] = [4, 8, 16];
  return (
    frame.length === 20 &&
    frame.readInt32BE(0) === 16 &&
    frame.readInt32BE(afterLength) === 0 &&
    frame.readBigInt64BE(afterXid) === 0n &&
    FURTHER_CODES.get(frame.readInt32BE(afterZxid)) ===
      "AUTHENTICATION_DEMANDED"
  );
}

/** A client of one session with the library's wedges and crashes cured from outside; not yet connected. */
export function createClient(servers: Servers, sessionTimeout: number): Client {
  const list = servers.hosts.map(({ host, port }) => `${host}:${port}`);
  const client = zookeeper.createClient(list.join(","), {
    sessionTimeout,
    spinDelay: 100,
    retries: 0, // it re-sends creates, and a lost reply would leave two nodes
  });
  const manager = internals(client);
  const handle = manager.onSocketData.bind(manager);
  let frames = new Frames();
  manager.onSocketData = (chunk) => {
    try {
      // one at a time: the library would go through many by recursion, copying the rest each time
      frames.feed(chunk, (frame) => {
        if (demandsCredentials(frame)) client.emit(CREDENTIALS_DEMANDED);
        handle(frame);
      });
    } catch (error) {
      if (error instanceof AnswerTooLarge) client.emit(ANSWER_TOO_LARGE);
      // Whatever cannot be parsed ends this connection; our deadlines do the rest.
      manager.socket?.destroy();
    }
  };
  client.on("state", (state) => {
    if (state !== zookeeper.State.DISCONNECTED) return;
    // An answer that was cut in its middle would be taken for the head of the next,
    frames = new Frames();
    // and what was not sent would be sent later: credentials of each failed try, watches.
    manager.packetQueue.queue.length = 0;
  });
  return client;
}

const corked = new WeakSet<Socket>();

/** What is asked in one go leaves in one packet. To be called before each request. */
export function inOnePiece(client: Client): void {
  const { socket } = internals(client);
  if (!socket || corked.has(socket)) return;
  corked.add(socket);
  socket.cork();
  process.nextTick(() => {
    corked.delete(socket);
    socket.uncork();
  });
}

/** Gives a client up for good: it would reconnect for ever, and cannot close what is not connected. */
export function abandon(client: Client): void {
  const manager = internals(client);
  manager.connect = () => {};
  manager.onSocketConnected = () => manager.socket?.destroy();
  manager.connectTimeout = 0; // of a connection that it may be about to open
  if (manager.connectTimeoutHandler)
    clearTimeout(manager.connectTimeoutHandler); // keeps the process alive
  manager.socket?.destroy();
}

const MODES: Record<CreateMode, number> = {
  persistent: zookeeper.CreateMode.PERSISTENT,
  persistentSequential: zookeeper.CreateMode.PERSISTENT_SEQUENTIAL,
  ephemeral: zookeeper.CreateMode.EPHEMERAL,
  ephemeralSequential: zookeeper.CreateMode.EPHEMERAL_SEQUENTIAL,
};

export const modeOf = (mode: CreateMode): number => MODES[mode];

const { ACL, Id, Permission } = zookeeper;
const anyone = (permissions: number): Right => ({
  permissions,
  scheme: "world",
  id: "anyone",
});
const creator: Right = { permissions: Permission.ALL, scheme: "auth", id: "" };

const RIGHTS: Record<Access, Right[]> = {
  own: [creator],
  shared: [
    anyone(Permission.READ | Permission.CREATE | Permission.DELETE),
    creator,
  ],
  anyone: [anyone(Permission.ALL)],
};

/** `make` of the rights that go with each access. */
const byAccess = <T>(make: (rights: Right[]) => T): Record<Access, T> => ({
  own: make(RIGHTS.own),
  shared: make(RIGHTS.shared),
  anyone: make(RIGHTS.anyone),
});

export const ACLS = byAccess((rights) =>
  rights.map(
    ({ permissions, scheme, id }) => new ACL(permissions, new Id(scheme, id)),
  ),
);
/** The same as they are sent: one for all nodes of a transaction. */
const ACL_BYTES = byAccess(accessList);

/** Sends a transaction. */
export function commit(
  client: Client,
  prefix: string,
  operations: Operation[],
  accessOf: (asked: Access | undefined) => Access,
  done: (error: unknown, results?: OperationResult[]) => void,
): void {
  const request = new TransactionRequest(prefix, operations, (operation) => ({
    acl: ACL_BYTES[accessOf(operation.access)],
    flags: modeOf(operation.mode),
  }));
  internals(client).queue(request, (error, answer) => {
    const { results } = (answer?.payload ?? {}) as {
      results?: OperationResult[];
    };
    const failed = results?.find(({ err }) => err);
    done(error ?? (failed && exception.create(failed.err!)), results);
  });
}

/** Asks for the data of a node: as the library does, without its own ten steps for each. */
export function readData(
  client: Client,
  path: string,
  watcher: ((event: Event) => void) | undefined,
  done: (error: unknown, data?: Buffer, stat?: object) => void,
): void {
  const manager = internals(client);
  const request = new DataRequest(path, watcher !== undefined);
  manager.queue(request, (error, answer) => {
    if (error) return done(error);
    if (watcher) manager.registerDataWatcher(path, watcher);
    const { data, stat } = answer!.payload as { data?: Buffer; stat: object };
    done(null, data, stat);
  });
}
