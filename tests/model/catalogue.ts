/** What clients, servers and surroundings do with one another, by their numbers: worked out once, then looked up. */
import type { Client, Read, Terms } from "./client";
import { committedFaults, silentFaults, type Fault } from "./faults";
import { PairMemo } from "./interner";
import { clientViolation, commit, moved, type Violation } from "./invariants";
import { outsideMoves, type OutsideTerms } from "./operator";
import { Registry } from "./registry";
import { ask } from "./steps";
import type { Tree } from "./tree";
import { jointMoves } from "./succession";
import { advance, hearRead, movesOf, wake, type Move } from "./wire";

/** A move by its numbers. */
export interface Step {
  client: number;
  /** -1: nothing was committed. */
  tree: number;
  surroundings: number;
  fault: Fault | null;
  view: Move["view"];
  violation: Violation | null;
  evicted: readonly string[];
  story: () => string;
}

/** The same of two clients. */
export interface JointStep extends Pick<
  Step,
  "tree" | "fault" | "violation" | "story"
> {
  clients: readonly number[];
}

export type Kind = "read" | "wait" | "act" | "rest";

const QUIET = { violation: null, evicted: [] };
const silent = (): string => "";
export class Catalogue extends Registry {
  private readonly kinds: Kind[] = [];
  private readonly looking: boolean[] = [];
  private pairs = 0;
  private readonly moves = new PairMemo<readonly Step[]>();
  private readonly losses = new PairMemo<readonly Step[]>();
  private readonly silences: (readonly Step[])[] = [];
  private readonly reads = new PairMemo<Step>();
  private readonly wakes = new PairMemo<readonly Step[]>();
  private readonly outside = new PairMemo<readonly Step[]>();
  private readonly couples = new PairMemo<number>();
  private pairCount = 0;
  private readonly joints = new PairMemo<readonly JointStep[]>();
  private readonly follows = new PairMemo<number>();
  private readonly advances = new PairMemo<number>();
  private readonly judged = new PairMemo<Violation | "none">();

  /** @param telling keeps each move's story: for one trace, not for a search */
  constructor(
    private readonly terms: ReadonlyMap<string, Terms>,
    private readonly outsideTerms: OutsideTerms,
    private readonly telling: boolean,
  ) {
    super();
  }

  termsOf(client: Client): Terms {
    const terms = this.terms.get(client.name);
    if (!terms) throw new Error(`no terms for ${client.name}`);
    return terms;
  }

  /** What a client does next: read, wait for an event, act on the servers or by itself. */
  kindOf(id: number): Kind {
    return (this.kinds[id] ??= this.kind(this.client(id)));
  }

  private kind(client: Client): Kind {
    if (client.step === "WAIT") return "wait";
    if (client.step === "ACT") return "act";
    const request = ask(client, this.termsOf(client));
    return request && "read" in request ? "read" : "rest";
  }

  /** Whether another one may go along with its release. */
  mayPassOn(id: number): boolean {
    const client = this.client(id);
    return client.step === "RELEASE" && this.termsOf(client).process !== "";
  }

  /** Waits, and no event has come. */
  isAsleep(id: number): boolean {
    return this.kindOf(id) === "wait" && !this.client(id).woken;
  }

  /** Whether what its server has told it matters to a client now. */
  looks(id: number): boolean {
    return (this.looking[id] ??=
      this.kindOf(id) === "read" ||
      this.kindOf(id) === "wait" ||
      this.client(id).watches.length > 0);
  }

  /** Faults that change what the servers have. */
  committedFaultsOf(id: number, tree: number): readonly Step[] {
    return this.losses.get(id, tree, () => {
      const client = this.client(id);
      const terms = this.termsOf(client);
      const moves = committedFaults(client, terms, this.tree(tree));
      return moves.map((move) => this.step(client, move, tree));
    });
  }

  /** Faults that the servers do not notice yet. */
  silentFaultsOf(id: number): readonly Step[] {
    return (this.silences[id] ??= silentFaults(
      this.client(id),
      this.termsOf(this.client(id)),
    ).map((move) => this.step(this.client(id), move, -1)));
  }

  /** Everything that happens by itself, but reads and wake-ups. */
  movesOf(id: number, tree: number): readonly Step[] {
    return this.moves.get(id, tree, () => {
      const client = this.client(id);
      const terms = this.termsOf(client);
      const moves = movesOf(client, terms, this.tree(tree));
      return moves.map((move) => this.step(client, move, tree));
    });
  }

  readOf(id: number, tree: number): Step {
    return this.reads.get(id, tree, () => {
      const client = this.client(id);
      const terms = this.termsOf(client);
      const request = ask(client, terms) as Read;
      const heard = hearRead(client, terms, request, this.tree(tree));
      const move = { tree: null, fault: null, view: "same" as const };
      return this.step(client, { ...move, ...heard }, tree);
    });
  }

  wakesOf(id: number): readonly Step[] {
    return this.wakes.get(id, 0, () => {
      const client = this.client(id);
      return wake(client).map((move) => this.step(client, move, -1));
    });
  }

  /** A release that takes the grant of the next one along. */
  jointsOf(id: number, next: number, tree: number): readonly JointStep[] {
    const pair = this.couples.get(id, next, () => this.pairCount++);
    return this.joints.get(pair, tree, () => {
      const [a, b] = [this.client(id), this.client(next)];
      const terms = this.termsOf(b);
      return jointMoves(a, this.termsOf(a), b, terms, this.tree(tree)).map(
        (move) => {
          const before = this.tree(tree);
          const { violation } = move.tree
            ? this.commit(before, move.tree, a.name)
            : QUIET;
          const told = move.clients.map((c) => ({ ...c, toldGone: false }));
          return {
            clients: told.map((c) => this.clientId(c)),
            tree: move.tree ? this.treeId(move.tree) : -1,
            fault: move.fault,
            violation: violation ?? moved(a, move.clients[0], () => before),
            story: this.telling ? move.story : silent,
          };
        },
      );
    });
  }

  outsideOf(ground: number, tree: number): readonly Step[] {
    return this.outside.get(ground, tree, () => {
      const before = this.tree(tree);
      const moves = outsideMoves(
        this.ground(ground),
        this.outsideTerms,
        before,
      );
      return moves.map((move) => {
        const { violation, evicted } = this.commit(before, move.tree);
        const after = this.treeId(move.tree);
        return {
          client: -1,
          tree: after === tree ? -1 : after,
          surroundings: this.groundId(move.surroundings),
          fault: move.fault,
          view: "same" as const,
          violation,
          evicted,
          story: this.telling ? move.story : silent,
        };
      });
    });
  }

  private commit(before: Tree, after: Tree, author = "operator") {
    const [any] = this.terms.values();
    return commit(
      before,
      after,
      author,
      (name) => this.terms.get(name) ?? any!,
    );
  }

  private step(from: Client, move: Move, before: number): Step {
    const after = move.tree ? this.treeId(move.tree) : -1;
    const tree = after === before ? -1 : after;
    const { violation, evicted } =
      move.tree && tree !== -1
        ? this.commit(this.tree(before), move.tree, from.name)
        : QUIET;
    const client = move.client.toldGone
      ? { ...move.client, toldGone: false }
      : move.client;
    return {
      client: this.clientId(client),
      tree,
      surroundings: -1,
      fault: move.fault,
      view: move.view,
      violation: violation ?? moved(from, move.client, () => this.tree(before)),
      evicted,
      story: this.telling ? move.story : silent,
    };
  }

  /** The client once its watches have seen one tree follow another. */
  advance(id: number, before: number, after: number): number {
    const pair = this.follows.get(before, after, () => this.pairs++);
    return this.advances.get(id, pair, () =>
      this.clientId(
        advance(this.client(id), this.tree(before), this.tree(after)),
      ),
    );
  }

  judge(id: number, tree: number): Violation | null {
    const verdict = this.judged.get(id, tree, () => {
      const client = this.client(id);
      const terms = this.termsOf(client);
      return clientViolation(client, terms, this.tree(tree)) ?? "none";
    });
    return verdict === "none" ? null : verdict;
  }
}
