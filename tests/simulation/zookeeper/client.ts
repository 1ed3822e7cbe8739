/**
 * The library `node-zookeeper-client` over a simulated ensemble: what
 * core/zookeeper uses of it, with its callbacks. While a world runs, the
 * library makes such clients. Loading this file is enough.
 */
import { EventEmitter } from "node:events";
import library from "node-zookeeper-client";
import type {
  OperationResult,
  Right,
} from "../../../core/zookeeper/quick-transactions";
import type { Operation } from "../../../core/zookeeper/operations";
import { DataRequest } from "../../../core/zookeeper/quick-reads";
import { activeWorld, type Party, type World } from "../time/world";
import { parseRights } from "./access";
import type { ClientWatcher } from "./client-watches";
import { Manager, STATES } from "./manager";
import {
  NO_NODE,
  OK,
  type Answer,
  type Request,
  type Result,
  type Stat,
  type Write,
} from "./requests";

const { State } = library;

const STATE_OF = new Map([
  [STATES.DISCONNECTED, State.DISCONNECTED],
  [STATES.CONNECTED, State.SYNC_CONNECTED],
  [STATES.SESSION_EXPIRED, State.EXPIRED],
]);

/** As the library gives numbers of 64 bits: only this is read of them. */
class Long {
  constructor(private readonly value: number) {}
  readBigInt64BE(): bigint {
    return BigInt(this.value);
  }
  readBigUInt64BE(): bigint {
    return BigInt(this.value);
  }
}

/** Statistics in the library's form. */
class LibraryStat {
  readonly version: number;
  readonly cversion: number;
  readonly numChildren: number;
  readonly dataLength: number;
  readonly czxid: Long;
  readonly mzxid: Long;
  readonly ctime: Long;
  readonly mtime: Long;
  readonly ephemeralOwner: Long;

  constructor(stat: Stat) {
    this.version = stat.version;
    this.cversion = stat.cversion;
    this.numChildren = stat.numChildren;
    this.dataLength = stat.dataLength;
    this.czxid = new Long(stat.czxid);
    this.mzxid = new Long(stat.mzxid);
    this.ctime = new Long(stat.ctime);
    this.mtime = new Long(stat.mtime);
    this.ephemeralOwner = new Long(stat.owner);
  }
}

const libraryStat = (stat: Stat | undefined): LibraryStat | undefined =>
  stat && new LibraryStat(stat);

/** Errors are only asked for their code. */
const errorOf = (code: number): { code: number } | null =>
  code === OK ? null : { code };

// oxlint-disable-next-line typescript/no-explicit-any -- each kind of request has values of its own
type Done = (error: unknown, ...values: any[]) => void;

class SimulatedClient extends EventEmitter {
  readonly connectionManager: Manager;
  private state = State.DISCONNECTED;

  constructor(
    world: World,
    party: Party,
    servers: string,
    options: { sessionTimeout: number; spinDelay: number },
  ) {
    super();
    const { sessionTimeout, spinDelay } = options;
    const manager = new Manager(
      world,
      party,
      servers,
      sessionTimeout,
      spinDelay,
    );
    this.connectionManager = manager;
    manager.on("state", (number: number) => {
      const state = STATE_OF.get(number);
      if (!state || state === this.state) return;
      this.state = state;
      this.emit("state", state);
    });
    manager.queue = (request, done) => {
      if (request instanceof DataRequest) this.getData(request, done);
      else this.commit(request, done);
    };
  }

  connect(): void {
    this.connectionManager.connect();
  }

  close(): void {
    this.connectionManager.close();
  }

  getSessionTimeout(): number {
    return this.connectionManager.sessionTimeout;
  }

  getSessionId(): Long {
    return new Long(this.connectionManager.sessionId);
  }

  addAuthInfo(scheme: string, credentials: Buffer): void {
    this.connectionManager.credentials.push(
      `${scheme}:${credentials.toString("base64")}`,
    );
  }

  exists(path: string, ...rest: [Done] | [ClientWatcher, Done]): void {
    this.read("exists", path, rest, (answer, watcher, done) => {
      if (watcher && (answer.err === OK || answer.err === NO_NODE))
        this.connectionManager.watches.add(
          answer.err === OK ? "data" : "existence",
          path,
          watcher,
        );
      if (answer.err === NO_NODE) return done(null, null);
      done(errorOf(answer.err), libraryStat(answer.stat));
    });
  }

  /** In the form that core/zookeeper asks for it; it registers the watcher itself. */
  private getData({ path, watch }: DataRequest, done: Done): void {
    this.connectionManager.ask(
      { kind: "getData", path, watch },
      ({ err, data, stat }) =>
        done(errorOf(err), { payload: { data, stat: libraryStat(stat) } }),
    );
  }

  getChildren(path: string, ...rest: [Done] | [ClientWatcher, Done]): void {
    this.read("getChildren", path, rest, (answer, watcher, done) => {
      const { err, children, stat } = answer;
      if (watcher && err === OK)
        this.connectionManager.watches.add("children", path, watcher);
      done(errorOf(err), children, libraryStat(stat));
    });
  }

  private read(
    kind: "exists" | "getChildren",
    path: string,
    rest: [Done] | [ClientWatcher, Done],
    answered: (
      answer: Answer,
      watcher: ClientWatcher | null,
      done: Done,
    ) => void,
  ): void {
    const done = rest.at(-1) as Done;
    const watcher = rest.length > 1 ? (rest[0] as ClientWatcher) : null;
    const request: Request = { kind, path, watch: watcher !== null };
    this.connectionManager.ask(request, (answer) =>
      answered(answer, watcher, done),
    );
  }

  create(
    path: string,
    data: Buffer,
    acl: { permission: number; id: { scheme: string; id: string } }[],
    mode: number,
    ...rest: [Done]
  ): void {
    const flags = typeof mode === "number" ? mode : 0;
    const done = (typeof mode === "number" ? rest[0] : mode) as Done;
    const rights = acl.map(({ permission, id }) => ({
      permissions: permission,
      scheme: id.scheme,
      id: id.id,
    }));
    const write = creation(path, data, rights, flags);
    this.write(write, ({ err, path: made }) => done(errorOf(err), made));
  }

  setData(path: string, data: Buffer, version: number, done: Done): void {
    this.write({ kind: "set", path, data, version }, ({ err, stat }) =>
      done(errorOf(err), libraryStat(stat)),
    );
  }

  remove(path: string, version: number, done: Done): void {
    this.write({ kind: "delete", path, version }, ({ err }) =>
      done(errorOf(err)),
    );
  }

  private write(write: Write, done: (answer: Answer) => void): void {
    this.connectionManager.ask({ kind: "write", write }, done);
  }

  /** A transaction in the form that core/zookeeper makes. */
  private commit(request: object, done: Done): void {
    const { prefix, operations, kindOf } =
      request as unknown as TransactionRequest;
    const writes = operations.map((each): Write => {
      const path = prefix + each.path;
      if (each.kind !== "create") return { ...each, path };
      const { acl, flags } = kindOf(each);
      const rights = parseRights(acl);
      return { ...creation(path, each.data, rights, flags), as: each.as };
    });
    this.connectionManager.ask({ kind: "multi", writes }, ({ err, results }) =>
      done(errorOf(err), { payload: { results: results?.map(resultOf) } }),
    );
  }
}

/** What is inside a request of core/zookeeper/quick-transactions. */
interface TransactionRequest {
  prefix: string;
  operations: readonly Operation[];
  kindOf(operation: Operation): { acl: Buffer; flags: number };
}

function creation(
  path: string,
  data: Buffer,
  rights: readonly Right[],
  flags: number,
): Write & { kind: "create" } {
  return {
    kind: "create",
    path,
    data,
    rights,
    ephemeral: (flags & 1) !== 0,
    sequential: (flags & 2) !== 0,
  };
}

function resultOf({ err, path, stat }: Result): OperationResult {
  const result: OperationResult = { type: 0 };
  if (err !== OK) result.err = err;
  if (path !== undefined) result.path = path;
  if (stat)
    result.stat = libraryStat(stat) as unknown as OperationResult["stat"];
  return result;
}

const original = library.createClient;

/** A client of the party that runs, or a real one where no world runs. */
function createClient(
  servers: string,
  options: { sessionTimeout: number; spinDelay: number },
): unknown {
  const world = activeWorld();
  if (!world) return original(servers, options);
  const { current } = world;
  if (!current) throw new Error("a session belongs to a party of its world");
  return new SimulatedClient(world, current, servers, options);
}

Object.assign(library, { createClient });
