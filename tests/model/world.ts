/**
 * A state of everything as a few numbers, and what may come after it.
 *
 * State: [window, surroundings, views, client, client, …]. The window is the last trees that were committed; a client's
 * view is the index in it of what its server has told it, or FRESH when its next answer may come from any of them.
 */
import { Catalogue, type Step } from "./catalogue";
import type { Client, Terms } from "./client";
import { initialTree, orderOfStart, termsOf } from "./configurations";
import type { Configuration } from "./configurations";
import { Interner, PairMemo } from "./interner";
import { acting, leftovers, type Violation } from "./invariants";
import { lockOf } from "./layout";
import type { Rule } from "./rules";
import { begin } from "./steps";
import { tellState } from "./story";

export type State = Int32Array;
/** Called with a state that is valid during the call only. */
export type Visit = (
  state: State,
  fault: boolean,
  violation: Violation | null,
  story: () => string,
) => void;

const FRESH = 7;
const VIEW_BITS = 3;
const WINDOW = 0;
const GROUND = 1;
const VIEWS = 2;
const FIRST = 3;

export class World {
  readonly start: State;
  private readonly all: Catalogue;
  private readonly terms: Terms[];
  private readonly windows = new Interner<readonly number[]>((w) => w.join());
  private readonly pushes = new PairMemo<number>();
  private readonly cuts = new PairMemo<number>();
  /** For each client the interchangeable one that starts before it, or -1. */
  private readonly startsAfter: readonly number[];
  private readonly lag: number;
  private readonly memory: number;
  private readonly next: State;
  private readonly views: number[] = [];

  constructor(
    k: Configuration,
    without: ReadonlySet<Rule>,
    telling = false,
  ) {
    this.terms = termsOf(k, without);
    const names = this.terms.map((_, i) => String.fromCharCode(65 + i));
    const has = (rule: Rule) => !without.has(rule);
    this.all = new Catalogue(
      new Map(this.terms.map((terms, i) => [names[i] ?? "", terms])),
      { chef: k.chef !== undefined, has },
      k.outlives ?? false,
      telling,
    );
    this.lag = k.lag ?? 1;
    this.memory = k.memory ?? 0;
    this.startsAfter = orderOfStart(k, this.terms);
    const tree = initialTree(k);
    const chef = { cycles: k.chef ?? 0, at: "poll" as const };
    const ground = { left: k.faults, clearing: "", chef };
    const lock = k.cached ? lockOf(tree) : null;
    const runs = (i: number) => Number(k.runs?.[i] ?? k.runs?.[0] ?? 1);
    this.start = Int32Array.of(
      this.windows.idOf([this.all.treeId(tree)]),
      this.all.groundId(ground),
      names.reduce((sum, _, i) => sum | (FRESH << (i * VIEW_BITS)), 0),
      ...names.map((name, i) => this.all.clientId(begin(name, runs(i), lock))),
    );
    this.next = new Int32Array(this.start.length);
  }

  private clientsOf(state: State): Client[] {
    return [...state.subarray(FIRST)].map((id) => this.all.client(id));
  }

  private windowOf(state: State): readonly number[] {
    return this.windows.valueOf(state[WINDOW]!);
  }

  /** All that may come next. Returns whether anything but a fault may. */
  successors(state: State, visit: Visit): boolean {
    const { all } = this;
    const window = this.windowOf(state);
    const last = window.length - 1;
    const head = window[last]!;
    let alive = false;
    const emit = (i: number, step: Step, view: number): void => {
      const ground =
        step.surroundings === -1 ? state[GROUND]! : step.surroundings;
      const left = step.fault ? all.spend(ground, step.fault) : ground;
      if (left === -1) return;
      alive ||= step.fault === null;
      this.move(state, i, step, view, left);
      visit(this.next, step.fault !== null, step.violation, step.story);
    };
    for (let i = 0; i < this.terms.length; i++) {
      if (this.mustLetStart(state, i)) continue;
      const id = state[FIRST + i]!;
      const view = (state[VIEWS]! >> (i * VIEW_BITS)) & FRESH;
      const kind = all.kindOf(id);
      if (kind === "read") {
        let seeing = id;
        for (let at = view === FRESH ? 0 : view; at <= last; at++) {
          if (at > view && view !== FRESH)
            seeing = all.advance(seeing, window[at - 1]!, window[at]!);
          emit(i, all.readOf(seeing, window[at]!), at);
        }
      } else if (kind === "wait") {
        if (all.client(id).woken)
          for (const step of all.wakesOf(id)) emit(i, step, view);
        else if (view < last) {
          const woken = all.advance(id, window[view]!, window[view + 1]!);
          for (const step of all.wakesOf(woken)) emit(i, step, view + 1);
        }
      }
      for (const step of all.movesOf(id, head)) {
        const at = step.view === "fresh" ? FRESH : last;
        emit(i, step, step.view === "same" ? view : at);
      }
    }
    for (const step of all.outsideOf(state[GROUND]!, head))
      emit(-1, step, FRESH);
    return alive;
  }

  /** Writes the state after a step into `next`. */
  private move(
    state: State,
    i: number,
    step: Step,
    view: number,
    ground: number,
  ): void {
    const { all, next, views } = this;
    next.set(state);
    next[GROUND] = ground;
    for (let j = 0; j < this.terms.length; j++)
      views[j] = (state[VIEWS]! >> (j * VIEW_BITS)) & FRESH;
    if (i >= 0) {
      next[FIRST + i] = step.client;
      views[i] = view;
    }
    if (step.tree !== -1) {
      next[WINDOW] = this.push(state[WINDOW]!, step.tree);
      const last = this.windowOf(next).length - 1;
      if (step.view === "head" && i >= 0) views[i] = last;
      for (let j = 0; j < this.terms.length && step.evicted.length > 0; j++)
        next[FIRST + j] = all.evict(next[FIRST + j]!, step.evicted);
    }
    this.settle();
  }

  private push(window: number, tree: number): number {
    return this.pushes.get(window, tree, () =>
      this.windows.idOf([...this.windows.valueOf(window), tree]),
    );
  }

  /** Brings laggards within the lag, waiters up to their next event, and forgets the trees that nobody can see. */
  private settle(): void {
    const { all, next, views } = this;
    const window = this.windowOf(next);
    const last = window.length - 1;
    let oldest = last;
    let renewing = this.memory > 0 && all.maySessionsEnd(next[GROUND]!);
    for (let j = 0; j < this.terms.length; j++) {
      let id = next[FIRST + j]!;
      let view = views[j]!;
      const looks = all.looks(id);
      if (!looks) view = FRESH;
      if (view === FRESH) renewing ||= this.memory > 0 && looks;
      else {
        const waits = all.kindOf(id) === "wait";
        while (view < last) {
          const after = all.advance(id, window[view]!, window[view + 1]!);
          if (view >= last - this.lag && !(waits && after === id)) break;
          id = after;
          view++;
        }
        next[FIRST + j] = id;
        oldest = Math.min(oldest, view);
      }
      views[j] = view;
    }
    const kept = renewing ? Math.max(0, last - this.memory) : last;
    this.forget(Math.min(oldest, kept));
  }

  private forget(count: number): void {
    const { next, views } = this;
    let packed = 0;
    for (let j = 0; j < this.terms.length; j++) {
      const view = views[j]!;
      const at = view === FRESH ? FRESH : view - count;
      packed |= at << (j * VIEW_BITS);
    }
    next[VIEWS] = packed;
    if (count === 0) return;
    const window = next[WINDOW]!;
    next[WINDOW] = this.cuts.get(window, count, () =>
      this.windows.idOf(this.windows.valueOf(window).slice(count)),
    );
  }

  private mustLetStart(state: State, i: number): boolean {
    const j = this.startsAfter[i]!;
    const unstarted = (at: number) =>
      state[FIRST + at] === this.start[FIRST + at];
    return j !== -1 && unstarted(i) && unstarted(j);
  }

  /** What is wrong with a state in itself. */
  judge(state: State): Violation | null {
    const { all } = this;
    const window = this.windowOf(state);
    const last = window.length - 1;
    const head = window[last]!;
    let actors = 0;
    for (let i = 0; i < this.terms.length; i++) {
      const id = state[FIRST + i]!;
      const kind = all.kindOf(id);
      if (kind === "act") actors++;
      else if (kind !== "wait") continue;
      const view = (state[VIEWS]! >> (i * VIEW_BITS)) & FRESH;
      if (kind === "wait" && view < last) continue;
      const violation = all.judge(id, head);
      if (violation) return violation;
    }
    const chefActs = all.ground(state[GROUND]!).chef.at === "act";
    if (actors + Number(chefActs) < 2) return null;
    const clients = this.clientsOf(state).map((client, i) => ({
      client,
      terms: this.terms[i]!,
    }));
    return acting(clients, chefActs, all.tree(head));
  }

  /** What is wrong with a state in which nothing but faults can happen. */
  judgeEnd(state: State): Violation | null {
    const head = this.windowOf(state).at(-1)!;
    return leftovers(this.clientsOf(state), this.all.tree(head));
  }

  tell(state: State): string {
    const head = this.windowOf(state).at(-1)!;
    return tellState(this.all.tree(head), this.clientsOf(state));
  }

  get sizes(): { trees: number; clients: number } {
    return this.all.sizes;
  }
}
