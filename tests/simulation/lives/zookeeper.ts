import { EventEmitter } from "node:events";
import type { CreateMode, Operation } from "../../../core/zookeeper/operations";
import type {
  ChildrenReply,
  Code,
  CreateReply,
  DataReply,
  MultiReply,
  Reply,
  Stat,
} from "../../../core/zookeeper/replies";
import type { SessionLease, SessionPool } from "../../../core/zookeeper/pool";
import { system as realSystem } from "../../../core/zookeeper/system";
import type { Session } from "../../../core/zookeeper/session";
import type { SessionState } from "../../../core/zookeeper/supervised-client";
import {
  whenConnected,
  type Wait,
} from "../../../core/zookeeper/when-connected";
import type { Change, Watcher } from "../../../core/zookeeper/watches";
import { activeWorld, type Party, type World } from "../time/world";
import { Leader, statOf } from "../zookeeper/leader";
import type { Transaction } from "../zookeeper/tree";
import { parentOf } from "../zookeeper/tree";
import {
  BAD_VERSION,
  NO_NODE,
  NODE_EXISTS,
  NOT_EMPTY,
  OK,
  type Write,
} from "../zookeeper/requests";

const OPEN = [{ permissions: 31, scheme: "world", id: "anyone" }];
const CODES = new Map<number, Code>([
  [OK, "OK"],
  [NO_NODE, "NO_NODE"],
  [NODE_EXISTS, "NODE_EXISTS"],
  [NOT_EMPTY, "NOT_EMPTY"],
  [BAD_VERSION, "BAD_VERSION"],
]);
const codeOf = (err: number): Code => CODES.get(err) ?? `ERROR_${err}`;
const LOSS = { code: "CONNECTION_LOSS" } as const;

/** Milliseconds after which the server gives up a session that says nothing. */
const SESSION_TIMEOUT = 15_000;

/** What a life may do to a request: told of each one before it is sent. */
export type OnRequest = (what: string, session: MemorySession) => void;

/**
 * One server in memory, which all sessions of a life speak with: with the transactions of the simulated ensemble's leader, but without
 * its connections and servers. What a session makes of those is a question of the lock's own simulation, not of a life.
 */
export class MemoryServer {
  readonly leader: Leader;
  private readonly watches = {
    data: new Map<string, Set<Watch>>(),
    children: new Map<string, Set<Watch>>(),
  };
  private sessions = 0;

  constructor(readonly world: World) {
    this.leader = new Leader(() => world.wallClock);
  }

  begin(): number {
    const session = ++this.sessions;
    this.leader.begin(session);
    return session;
  }

  end(session: number): void {
    this.tell(this.leader.end(session));
  }

  decide(session: number, writes: Write[], multi: boolean) {
    const decision = this.leader.decide(
      { session, identities: [] },
      writes,
      multi,
    );
    this.tell(decision.transaction);
    return decision.answer;
  }

  watch(kind: "data" | "children", path: string, watch: Watch): void {
    const all = this.watches[kind];
    const there = all.get(path);
    if (there) there.add(watch);
    else all.set(path, new Set([watch]));
  }

  /** Data of a znode, as text; null: there is none. */
  read(path: string): string | null {
    return this.leader.tree.get(path)?.data.toString() ?? null;
  }

  list(path: string): string[] {
    return [...(this.leader.tree.get(path)?.children ?? [])];
  }

  private tell({ changes }: Transaction): void {
    for (const { kind, path } of changes) {
      if (kind !== "create")
        this.fire("data", path, kind === "set" ? "changed" : "deleted");
      if (kind === "delete") this.fire("children", path, "deleted");
      if (kind !== "set") this.fire("children", parentOf(path), "children");
    }
  }

  private fire(kind: "data" | "children", path: string, change: Change): void {
    const watches = this.watches[kind].get(path);
    if (!watches) return;
    this.watches[kind].delete(path);
    for (const watch of watches) watch(path, change);
  }
}

type Watch = (path: string, change: Change) => void;

/** A session as the lock knows it, over a server in memory. */
export class MemorySession extends EventEmitter {
  epoch = 0;
  state: SessionState = "connected";
  liveName = "";
  readonly servers = "zk:2181";
  readonly chroot = "";
  // its clocks and chance are those of the world, while that runs
  readonly system = realSystem;
  readonly reason = "the connection was lost";
  private id = 0;
  /** The server knows that it is over. */
  private ended = false;
  private readonly dropped = new Set<Watcher>();

  constructor(
    private readonly server: MemoryServer,
    readonly party: Party | null,
    private readonly onRequest: OnRequest,
  ) {
    super();
    this.setMaxListeners(0);
    this.open();
  }

  private open(): void {
    this.epoch += 1;
    this.id = this.server.begin();
    this.liveName = `l-${Math.floor(this.server.world.dice.next() * 2 ** 40).toString(16)}`;
  }

  /** It is over for us; the server keeps it for a while, or has given it up already. */
  lose(server: "forgets" | "waits"): void {
    if (this.state !== "connected") return;
    this.ended = server === "forgets";
    this.giveUp(this.id, this.ended ? 0 : SESSION_TIMEOUT);
    this.state = "suspended";
    this.open();
    this.emit("lost", "lost");
    const { world } = this.server;
    world.after(50, () => this.connect(), this.party);
  }

  private connect(): void {
    if (this.state !== "suspended") return;
    this.state = "connected";
    this.emit("connected");
  }

  /** The process is gone: the server hears no more of it. */
  crash(): void {
    if (this.state === "closed") return;
    this.state = "closed";
    this.giveUp(this.id, SESSION_TIMEOUT);
  }

  private giveUp(id: number, after: number): void {
    this.server.world.after(after, () => this.server.end(id), null);
  }

  ready(wait: Wait): Promise<void> {
    return whenConnected(this as never, wait);
  }

  async close(): Promise<void> {
    if (this.state === "closed") return;
    this.state = "closed";
    this.ended = true;
    this.server.end(this.id);
    this.emit("closed");
  }

  unwatch(watcher: Watcher): void {
    this.dropped.add(watcher);
  }

  async createChroot(): Promise<Reply> {
    return { code: "OK" };
  }

  exists(path: string): Promise<DataReply> {
    return this.ask(`exists ${path}`, () => this.look(path));
  }

  getData(path: string, watcher?: Watcher): Promise<DataReply> {
    return this.ask(`read ${path}`, () => {
      const node = this.server.leader.tree.get(path);
      if (!node) return { code: "NO_NODE" as const };
      if (watcher) this.leave("data", path, watcher);
      return { ...this.look(path), data: node.data };
    });
  }

  getChildren(path: string, watcher?: Watcher): Promise<ChildrenReply> {
    return this.ask(`list ${path}`, () => {
      const node = this.server.leader.tree.get(path);
      if (!node) return { code: "NO_NODE" as const };
      if (watcher) this.leave("children", path, watcher);
      return { ...this.look(path), children: [...node.children] };
    });
  }

  async create(
    path: string,
    data = Buffer.alloc(0),
    mode: CreateMode = "persistent",
  ): Promise<CreateReply> {
    const made = { kind: "create", as: "it", path, data, mode } as const;
    const { code, paths } = await this.write(`create ${path}`, [made], false);
    return { code, path: paths?.get("it") };
  }

  async setData(
    path: string,
    data: Buffer,
    version: number,
  ): Promise<DataReply> {
    const change = { kind: "set", as: "it", path, data, version } as const;
    const { code, stats } = await this.write(`set ${path}`, [change], false);
    return { code, stat: stats?.get("it") };
  }

  async remove(path: string): Promise<Reply> {
    const change = { kind: "delete", as: "it", path, version: -1 } as const;
    const { code } = await this.write(`delete ${path}`, [change], false);
    return { code };
  }

  multi(operations: Operation[]): Promise<MultiReply> {
    const names = operations.map(({ as, kind }) => `${kind} ${as}`).join(", ");
    return this.write(names, operations, true);
  }

  private write(
    what: string,
    operations: Operation[],
    multi: boolean,
  ): Promise<MultiReply> {
    return this.ask(what, () => {
      const answer = this.server.decide(
        this.id,
        operations.map(writeOf),
        multi,
      );
      const reply: MultiReply = { code: codeOf(answer.err) };
      const results = answer.results ?? [answer];
      const at = results.findIndex(({ err }) => err !== OK);
      if (at >= 0)
        return { code: codeOf(results[at]!.err), failed: operations[at]!.as };
      reply.stats = new Map();
      reply.paths = new Map();
      results.forEach(({ path, stat }, i) => {
        const { as } = operations[i]!;
        if (path !== undefined) reply.paths!.set(as, path);
        if (stat) reply.stats!.set(as, repliedStat(stat));
      });
      return reply;
    });
  }

  private look(path: string): DataReply {
    const node = this.server.leader.tree.get(path);
    return node
      ? { code: "OK", stat: repliedStat(statOf(node)) }
      : { code: "NO_NODE" };
  }

  private leave(
    kind: "data" | "children",
    path: string,
    watcher: Watcher,
  ): void {
    const { epoch } = this;
    const { world } = this.server;
    this.dropped.delete(watcher);
    this.server.watch(kind, path, (at, change) =>
      world.after(
        latency(world),
        () => {
          if (
            this.epoch === epoch &&
            this.state === "connected" &&
            !this.dropped.has(watcher)
          )
            watcher(at, change);
        },
        this.party,
      ),
    );
  }

  /** Requests of one session are carried out, and answered, in their order. */
  private ask<R extends Reply>(what: string, carryOut: () => R): Promise<R> {
    this.onRequest(what, this);
    if (this.party?.dead) return new Promise(() => {});
    if (this.state !== "connected")
      return Promise.resolve({ ...LOSS, unsent: true } as unknown as R);
    const { epoch } = this;
    const { world } = this.server;
    const [there, back] = [
      this.arrival("there", world),
      this.arrival("back", world),
    ];
    return new Promise<R>((resolve) => {
      const lost = () =>
        (this.epoch === epoch ? LOSS : { code: "NEW_SESSION" as const }) as R;
      world.at(
        there,
        () => {
          // what was under way when the session was lost may have arrived, or not
          const arrives = this.epoch === epoch && this.state !== "closed";
          if (!arrives && (this.ended || world.dice.chance(0.5)))
            return resolve(lost());
          const reply = carryOut();
          world.at(
            Math.max(back, there),
            () => resolve(this.epoch === epoch ? reply : lost()),
            this.party,
          );
        },
        null,
      );
    });
  }

  private readonly last = { there: 0, back: 0 };

  private arrival(way: "there" | "back", world: World): number {
    const from = way === "there" ? world.now : this.last.there;
    const at = Math.max(this.last[way], from + latency(world));
    return (this.last[way] = at);
  }
}

function latency(world: World): number {
  return 0.5 + world.dice.next() * 3;
}

function writeOf(operation: Operation): Write {
  if (operation.kind !== "create") return operation;
  const { as, path, data, mode } = operation;
  const kind = "create" as const;
  const ephemeral = mode.startsWith("ephemeral");
  const sequential = mode.endsWith("Sequential");
  return { as, kind, path, data, rights: OPEN, ephemeral, sequential };
}

function repliedStat(stat: ReturnType<typeof statOf>): Stat {
  const { czxid, mzxid, ctime, mtime, version, owner, numChildren } = stat;
  return {
    czxid: BigInt(czxid),
    mzxid: BigInt(mzxid),
    ...{ ctime, mtime, version, ephemeral: owner !== 0, children: numChildren },
  };
}

/** The sessions of one process. */
export class MemorySessions implements SessionPool {
  private shared: { session: MemorySession; users: number } | null = null;

  constructor(
    private readonly server: MemoryServer,
    private readonly party: Party | null,
    private readonly onRequest: OnRequest,
  ) {}

  get session(): MemorySession | null {
    return this.shared?.session ?? null;
  }

  async lease(): Promise<SessionLease> {
    const shared = (this.shared ??= {
      session: new MemorySession(this.server, this.party, this.onRequest),
      users: 0,
    });
    shared.users += 1;
    let released = false;
    await new Promise<void>((resolve) => {
      activeWorld()!.after(1, resolve, this.party);
    });
    return {
      session: shared.session as unknown as Session,
      release: async () => {
        if (released) return;
        released = true;
        if (--shared.users > 0) return;
        if (this.shared === shared) this.shared = null;
        await shared.session.close();
      },
    };
  }

  async close(): Promise<void> {
    await this.shared?.session.close();
  }
}
