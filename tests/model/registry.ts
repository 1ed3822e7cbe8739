/** Trees, clients and surroundings by number. */
import { uuid, type Client } from "./client";
import { FAULTS, type Fault } from "./faults";
import { Interner, PairMemo } from "./interner";
import { spend, type Surroundings } from "./operator";
import { keyOf, type Tree } from "./tree";

/** Where the deletion of its holder by another matters to a client. */
const HOLDING = [
  "RELIVE",
  "RE-ASSERT",
  "RECORD",
  "ACT",
  "RELEASE",
  "FAIL",
  "ABANDON",
];

export class Registry {
  private readonly trees = new Interner<Tree>(keyOf);
  private readonly clients = new Interner<Client>((c) => JSON.stringify(c));
  private readonly grounds = new Interner<Surroundings>((s) =>
    JSON.stringify(s),
  );
  private readonly failing: boolean[] = [];
  private readonly spent = new PairMemo<number>();

  readonly treeId = (tree: Tree): number => this.trees.idOf(tree);
  readonly tree = (id: number): Tree => this.trees.valueOf(id);
  readonly clientId = (client: Client): number => this.clients.idOf(client);
  readonly client = (id: number): Client => this.clients.valueOf(id);
  readonly groundId = (s: Surroundings): number => this.grounds.idOf(s);
  readonly ground = (id: number): Surroundings => this.grounds.valueOf(id);

  /** Whether a client may still come to another session. */
  maySessionsEnd(ground: number): boolean {
    const { left } = this.ground(ground);
    const ends = ["any", "expiry", "abandonment", "lateRequest"] as const;
    return ends.some((fault) => (left[fault] ?? 0) > 0);
  }

  /** Whether any fault is left to strike. */
  mayFail(ground: number): boolean {
    return (this.failing[ground] ??= Object.values(
      this.ground(ground).left,
    ).some((count) => count > 0));
  }

  /** The client after its holder was deleted by another. */
  evict(id: number, uuids: readonly string[]): number {
    const client = this.client(id);
    const holds = HOLDING.includes(client.step) && uuids.includes(uuid(client));
    return holds ? this.clientId({ ...client, evicted: true }) : id;
  }

  /** The surroundings with one fault less, or -1. */
  spend(ground: number, fault: Fault): number {
    return this.spent.get(ground, FAULTS.indexOf(fault), () => {
      const next = spend(this.ground(ground), fault);
      return next ? this.groundId(next) : -1;
    });
  }

  /** How many were told apart, and which steps were reached. */
  get sizes(): { trees: number; clients: number; reached: string[] } {
    const reached = new Set<string>();
    for (let id = 0; id < this.clients.size; id++)
      reached.add(this.client(id).step);
    const { size } = this.clients;
    return { trees: this.trees.size, clients: size, reached: [...reached] };
  }
}
