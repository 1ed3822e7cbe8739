import type { World } from "../time/world";
import { Leader, type Asker, type Decision } from "./leader";
import type { ServerConnection } from "./connection";
import type { Request, Write } from "./requests";
import { Server } from "./server";
import type { Transaction } from "./tree";

export interface EnsembleOptions {
  /** @default 1 */
  servers?: number;
  /** Milliseconds that one message takes at most, without a fault. @default 1 */
  latency?: number;
  /** Milliseconds until a follower knows of a transaction, at most. @default 2 */
  lag?: number;
  /** Milliseconds; session time-outs are clamped to 2 … 20 of them. @default 1000 */
  tickTime?: number;
  /** Prefix of the hosts' names. @default "zk" */
  name?: string;
}

/** A session, as the leader has it. */
export interface Session {
  id: number;
  /** Milliseconds. */
  timeout: number;
  heardAt: number;
  /** Only what comes over this one counts. */
  connection: ServerConnection | null;
  over: boolean;
  /** Who opened it. */
  by: string;
}

/** A ZooKeeper in memory: a leader, and servers that clients are connected to. */
export class Ensemble {
  readonly leader: Leader;
  readonly servers: Server[];
  readonly sessions = new Map<number, Session>();
  /** Told each decision of the leader at its moment, refused ones too; `null`: a session began or ended. */
  readonly observers: ((
    transaction: Transaction,
    decision: Decision | null,
  ) => void)[] = [];
  /** Told each request before it is on its way. */
  onSend: (request: Request, connection: ServerConnection) => void = () => {};
  private lastSession = 0;
  private readonly latencyBound: number;
  private readonly lagBound: number;
  private readonly tickTime: number;

  constructor(
    readonly world: World,
    options: EnsembleOptions = {},
  ) {
    const { servers = 1, latency = 1, lag = 2, tickTime = 1000 } = options;
    const { name = "zk" } = options;
    this.latencyBound = latency;
    this.lagBound = lag;
    this.tickTime = tickTime;
    this.leader = new Leader(() => world.wallClock);
    this.servers = Array.from(
      { length: servers },
      (_, i) => new Server(this, `${name}${i + 1}`, servers > 1),
    );
    ensembles.set(world, [...(ensembles.get(world) ?? []), this]);
  }

  /** `host:port,host:port` */
  get connect(): string {
    return this.servers.map(({ host }) => `${host}:2181`).join(",");
  }

  /** How long a message takes. */
  latency = (): number => this.world.dice.next() * this.latencyBound;

  /** How long a follower takes to know of a transaction. */
  lag = (): number => this.world.dice.next() * this.lagBound;

  decide(asker: Asker, writes: Write[], multi: boolean): Decision {
    const decision = this.leader.decide(asker, writes, multi);
    this.tell(decision.transaction, decision);
    return decision;
  }

  private tell(transaction: Transaction, decision: Decision | null): void {
    for (const observe of this.observers) observe(transaction, decision);
    for (const server of this.servers) server.hear(transaction);
  }

  openSession(timeout: number, by: string): Session {
    const { tickTime, world } = this;
    const session: Session = {
      id: ++this.lastSession,
      timeout: Math.min(Math.max(timeout, 2 * tickTime), 20 * tickTime),
      heardAt: world.now,
      connection: null,
      over: false,
      by,
    };
    this.sessions.set(session.id, session);
    this.tell(this.leader.begin(session.id), null);
    this.watchOver(session);
    return session;
  }

  closeSession(session: Session): number {
    if (session.over) return this.leader.zxid;
    session.over = true;
    this.sessions.delete(session.id);
    const transaction = this.leader.end(session.id);
    this.tell(transaction, null);
    return transaction.zxid;
  }

  /** A session that is silent for its time-out is over, up to a tick later. */
  private watchOver(session: Session): void {
    const { world, tickTime } = this;
    const late = world.dice.next() * tickTime;
    const due = session.heardAt + session.timeout + late;
    const look = () => {
      if (session.over) return;
      if (world.now - session.heardAt >= session.timeout)
        this.closeSession(session);
      else this.watchOver(session);
    };
    world.at(due, look, this.servers[0]!.party);
  }

  /** As if it had been silent for too long. */
  expire(id: number): void {
    const session = this.sessions.get(id);
    if (session) this.closeSession(session);
  }

  /** Sessions get their whole time again: after the election of a leader. */
  renewSessions(): void {
    for (const session of this.sessions.values())
      session.heardAt = this.world.now;
  }
}

const ensembles = new WeakMap<World, Ensemble[]>();

/** The server of this name in a world. */
export function serverOf(world: World, host: string): Server | null {
  for (const { servers } of ensembles.get(world) ?? [])
    for (const server of servers) if (server.host === host) return server;
  return null;
}
