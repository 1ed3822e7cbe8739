import type { Timer } from "../time/world";
import type { Session } from "./ensemble";
import {
  OK,
  type Answer,
  type Request,
  type WatchEvent,
  type Write,
} from "./requests";
import type { Server } from "./server";
import type { Party } from "../time/world";

/** What a client hears of its connection. */
export interface ClientEnd {
  readonly party: Party;
  welcome(session: Session | null): void;
  answer(answer: Answer): void;
  event(event: WatchEvent): void;
  /** The other end has closed it. */
  closed(): void;
}

/** Messages that arrive together. */
interface Packet {
  timer: Timer;
  messages: (() => void)[];
}

/** A request at its server: answered in the order in which they came. */
interface Waiting {
  request: Request;
  /** Of a write: what the leader said. */
  answer: Answer | null;
}

/**
 * One TCP connection of a client with a server. Each direction keeps its order,
 * and can be slow, or broken without either end knowing.
 */
export class ServerConnection {
  session: Session | null = null;
  identities: string[] = [];
  /** Milliseconds that each message takes longer, by direction. */
  slower = { up: 0, down: 0 };
  /** Messages of a direction get lost from now on. */
  broken = { up: false, down: false };
  private openAtServer = true;
  private openAtClient = true;
  private arrival = { up: 0, down: 0 };
  private inFlight: { up: Timer[]; down: Timer[] } = { up: [], down: [] };
  private readonly waiting: Waiting[] = [];
  private readonly packets: Partial<Record<"up" | "down", Packet>> = {};

  constructor(
    readonly server: Server,
    private readonly client: ClientEnd,
  ) {
    server.connections.add(this);
  }

  private carry(direction: "up" | "down", deliver: () => void): void {
    if (this.broken[direction]) return;
    const { world, ensemble, party } = this.server;
    const takes = ensemble.latency() + this.slower[direction];
    const time = Math.max(this.arrival[direction], world.now + takes);
    this.arrival[direction] = time;
    const receiver = direction === "up" ? party : this.client.party;
    // what comes at once is read at once: nothing that it leads to is in between
    const packet = this.packets[direction];
    if (packet?.timer.run && packet.timer.time === time)
      return void packet.messages.push(deliver);
    const messages = [deliver];
    const timer = world.at(
      time,
      () => {
        for (const each of messages) each();
      },
      receiver,
    );
    this.packets[direction] = { timer, messages };
    const flight = this.inFlight[direction];
    if (flight.length > 16)
      this.inFlight[direction] = flight.filter(({ run }) => run);
    this.inFlight[direction].push(timer);
  }

  /** Messages under way in a direction are lost: all but the first of them. */
  lose(direction: "up" | "down", except: number): void {
    const { world } = this.server;
    const flight = this.inFlight[direction].filter(({ run }) => run);
    for (const message of flight.slice(except)) world.cancel(message);
    this.broken[direction] = true;
  }

  /** How many messages are under way. */
  underWay(direction: "up" | "down"): number {
    return this.inFlight[direction].filter(({ run }) => run).length;
  }

  // --- the client's end

  open(
    hello: { session: number; zxid: number; timeout: number },
    identities: string[],
  ): void {
    this.carry("up", () => this.welcome(hello, identities));
  }

  send(request: Request): void {
    this.server.ensemble.onSend(request, this);
    this.carry("up", () => this.arrived(request));
  }

  /** The client has closed it. What is on its way still arrives. */
  leave(): void {
    if (!this.openAtClient) return;
    this.openAtClient = false;
    this.carry("up", () => this.end());
  }

  // --- the server's end

  private welcome(
    hello: { session: number; zxid: number; timeout: number },
    identities: string[],
  ): void {
    const { server } = this;
    const { ensemble } = server;
    if (!this.openAtServer) return;
    // who has seen more than this server knows looks for another
    if (!server.up || hello.zxid > server.zxid) return this.end();
    this.identities = identities;
    const known =
      hello.session === 0
        ? ensemble.openSession(hello.timeout, this.client.party.name)
        : ensemble.sessions.get(hello.session);
    if (!known) {
      this.down(() => this.client.welcome(null));
      return this.end();
    }
    known.connection?.end();
    known.connection = this;
    known.heardAt = server.world.now;
    this.session = known;
    this.down(() => this.client.welcome(known));
  }

  private arrived(request: Request): void {
    const { session, server } = this;
    if (!this.openAtServer || !session || session.over) return;
    session.heardAt = server.world.now;
    const waiting: Waiting = { request, answer: null };
    this.waiting.push(waiting);
    const { kind } = request;
    if (kind === "write") this.forward(waiting, [request.write], false);
    else if (kind === "multi") this.forward(waiting, request.writes, true);
    else if (kind === "closeSession") this.forwardEnd(waiting);
    this.serve();
  }

  /** To the leader: only what comes over the session's own connection counts there. */
  private forward(waiting: Waiting, writes: Write[], multi: boolean): void {
    this.atLeader(() => {
      const { session, identities, server } = this;
      const asker = { session: session!.id, identities };
      const { answer } = server.ensemble.decide(asker, writes, multi);
      waiting.answer = answer;
      this.serve();
    });
  }

  private forwardEnd(waiting: Waiting): void {
    this.atLeader(() => {
      const zxid = this.server.ensemble.closeSession(this.session!);
      waiting.answer = { err: OK, zxid };
    });
  }

  private atLeader(decide: () => void): void {
    const { server, session } = this;
    const { ensemble, world } = server;
    const [first] = ensemble.servers;
    const act = () => {
      if (!session!.over && session!.connection === this) decide();
    };
    if (server === first) return act();
    const time = Math.max(this.arrivalAtLeader, world.now + ensemble.latency());
    this.arrivalAtLeader = time;
    world.at(time, act, first!.party);
  }

  private arrivalAtLeader = 0;

  /** Answers what can be answered, in order. */
  private serve(): void {
    const { waiting, server } = this;
    while (waiting.length > 0) {
      const { request, answer } = waiting[0]!;
      let reply = answer;
      if (request.kind === "setWatches")
        reply = server.setWatches(request, this);
      else if ("path" in request) reply = server.read(request, this);
      // a write is answered once this server has carried it out
      if (!reply || reply.zxid > server.zxid) return;
      waiting.shift();
      const told = reply;
      this.down(() => this.client.answer(told));
    }
  }

  carriedOut(): void {
    if (this.waiting.length > 0) this.serve();
  }

  notify(event: WatchEvent): void {
    this.down(() => this.client.event(event));
  }

  private down(deliver: () => void): void {
    if (!this.openAtServer) return;
    this.carry("down", () => {
      if (this.openAtClient) deliver();
    });
  }

  /** Both ends see it break. */
  reset(): void {
    const { world } = this.server;
    world.after(0, () => this.end(), this.server.party);
    world.after(
      0,
      () => {
        if (!this.openAtClient) return;
        this.openAtClient = false;
        this.client.closed();
      },
      this.client.party,
    );
  }

  /** The server has closed it. */
  end(): void {
    if (!this.openAtServer) return;
    this.down(() => {
      this.openAtClient = false;
      this.client.closed();
    });
    this.openAtServer = false;
    this.server.connections.delete(this);
    this.server.watches.drop(this);
    if (this.session?.connection === this) this.session.connection = null;
  }
}
