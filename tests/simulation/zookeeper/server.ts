import type { Party, World } from "../time/world";
import { mayUse, READ } from "./access";
import type { ServerConnection } from "./connection";
import type { Ensemble } from "./ensemble";
import { statOf } from "./leader";
import {
  NO_AUTH,
  NO_NODE,
  OK,
  type Answer,
  type Request,
  type WatchEvent,
} from "./requests";
import { Tree, type Transaction } from "./tree";
import { ServerWatches } from "./watches";

/** One server: it answers reads by what it knows, and passes on what is to be written. */
export class Server {
  readonly party: Party;
  /** Clients can reach it. */
  up = true;
  /** The last transaction that it knows. */
  zxid = 0;
  readonly tree: Tree;
  readonly watches = new ServerWatches<ServerConnection>();
  readonly connections = new Set<ServerConnection>();
  /** Transactions on their way to it are carried out in order, none before this moment. */
  private next = 0;

  constructor(
    readonly ensemble: Ensemble,
    readonly host: string,
    /** Not the only one: it hears of each transaction later. */
    private readonly follows: boolean,
  ) {
    this.party = ensemble.world.party(host);
    this.tree = follows ? new Tree() : ensemble.leader.tree;
  }

  /** The leader decided upon a transaction. */
  hear(transaction: Transaction): void {
    if (!this.follows) return this.carryOut(transaction);
    const { world, lag } = this.ensemble;
    this.next = Math.max(this.next, world.now + lag());
    world.at(this.next, () => this.carryOut(transaction), this.party);
  }

  /** It falls behind: what is decided reaches it only after this moment. */
  lagUntil(time: number): void {
    this.next = Math.max(this.next, time);
  }

  private carryOut(transaction: Transaction): void {
    const { changes, zxid, time, session, ends } = transaction;
    for (const change of changes) {
      if (this.follows) this.tree.apply(change, zxid, time);
      this.watches.trigger(change);
    }
    this.zxid = zxid;
    for (const connection of this.connections) connection.carriedOut();
    if (ends) this.dropSession(session);
  }

  private dropSession(session: number): void {
    for (const connection of this.connections)
      if (connection.session?.id === session) connection.end();
  }

  /** Answers a read by what this server knows. */
  read(
    request: Request & { path: string; watch: boolean },
    connection: ServerConnection,
  ): Answer {
    const { kind, path } = request;
    const node = this.tree.get(path);
    const { zxid } = this;
    if (!node) {
      if (kind === "exists" && request.watch)
        this.watches.add("data", path, connection);
      return { err: NO_NODE, zxid };
    }
    if (kind !== "exists" && !mayUse(node.rights, connection.identities, READ))
      return { err: NO_AUTH, zxid };
    if (request.watch)
      this.watches.add(
        kind === "getChildren" ? "children" : "data",
        path,
        connection,
      );
    const answer: Answer = { err: OK, zxid, stat: statOf(node) };
    if (kind === "getData") answer.data = node.data;
    if (kind === "getChildren") answer.children = [...node.children];
    return answer;
  }

  /** Watches of a connection before: what happened since is told at once. */
  setWatches(
    { since, data, children }: Request & { kind: "setWatches" },
    connection: ServerConnection,
  ): Answer {
    const tell = (kind: WatchEvent["kind"], path: string) =>
      connection.notify({ kind, path });
    for (const path of data) {
      const node = this.tree.get(path);
      if (!node) tell("deleted", path);
      else if (node.mzxid > since) tell("changed", path);
      else this.watches.add("data", path, connection);
    }
    for (const path of children) {
      const node = this.tree.get(path);
      if (!node) tell("deleted", path);
      else if (node.pzxid > since) tell("children", path);
      else this.watches.add("children", path, connection);
    }
    return { err: OK, zxid: this.zxid };
  }

  /** It loses all its clients. */
  cutAll(): void {
    for (const connection of [...this.connections]) connection.end();
  }

  get world(): World {
    return this.ensemble.world;
  }
}
