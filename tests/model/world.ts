/** What may come after a state. */
import { Catalogue, type Step } from "./catalogue";
import type { Terms } from "./client";
import { initialTree, nameOf, orderOfStart, termsOf } from "./configuration";
import type { Configuration } from "./configuration";
import type { Violation } from "./invariants";
import { Judge } from "./judge";
import { lockOf } from "./layout";
import type { Rule } from "./rules";
import { settle, type Reach } from "./settle";
import {
  FIRST,
  FRESH,
  GROUND,
  packViews,
  viewOf,
  WINDOW,
  Windows,
  type State,
} from "./state";
import { begin } from "./steps";

/** Called with a state that is valid during the call only. */
export type Visit = (
  state: State,
  violation: Violation | null,
  story: () => string,
) => void;

export class World {
  readonly start: State;
  readonly judge: Judge;
  private readonly all: Catalogue;
  private readonly terms: Terms[];
  private readonly windows = new Windows();
  /** For each client the interchangeable one that starts before it, or -1. */
  private readonly startsAfter: readonly number[];
  private readonly reach: Reach;
  private readonly next: State;
  private readonly views: number[];

  constructor(k: Configuration, without: ReadonlySet<Rule>, telling = false) {
    this.terms = termsOf(k, without);
    const names = this.terms.map((_, i) => nameOf(i));
    const has = (rule: Rule) => !without.has(rule);
    this.all = new Catalogue(
      new Map(this.terms.map((terms, i) => [names[i] ?? "", terms])),
      { has },
      telling,
    );
    this.reach = { lag: k.lag ?? 1, memory: k.memory ?? 0 };
    this.startsAfter = orderOfStart(k, this.terms);
    const tree = initialTree(k);
    const chef = { cycles: k.chef ?? 0, at: "poll" as const };
    const ground = { left: k.faults, clearing: "", chef };
    const lock = k.cached ? lockOf(tree) : null;
    const step = k.patient ? "QUEUE" : "FAST";
    const runs = (i: number) => Number(k.runs?.[i] ?? k.runs?.[0] ?? 1);
    const fresh = names.map(() => FRESH);
    this.start = Int32Array.of(
      this.windows.idOf([this.all.treeId(tree)]),
      this.all.groundId(ground),
      packViews(fresh, 0),
      ...names.map((name, i) =>
        this.all.clientId(begin(name, runs(i), lock, step)),
      ),
    );
    this.next = new Int32Array(this.start.length);
    this.views = fresh;
    this.judge = new Judge(this.all, this.windows, this.terms);
  }

  /** All that may come next. Returns whether anything but a fault may. */
  successors(state: State, visit: Visit): boolean {
    const { all } = this;
    const window = this.windows.treesOf(state[WINDOW]!);
    const last = window.length - 1;
    const head = window[last]!;
    let alive = false;
    for (let i = 0; i < this.terms.length; i++) {
      if (this.mustLetStart(state, i)) continue;
      const view = viewOf(state, i);
      const id = state[FIRST + i]!;
      if (this.answers(state, i, view, window, visit)) alive = true;
      for (const step of all.movesOf(id, head)) {
        const seen = step.view === "head" ? last : view;
        if (this.take(state, i, step, seen, visit)) alive = true;
      }
      if (all.mayPassOn(id)) this.joint(state, i, head, visit);
      if (!all.mayFail(state[GROUND]!)) continue;
      for (const step of all.silentFaultsOf(id))
        this.take(state, i, step, step.view === "same" ? view : FRESH, visit);
      for (const step of all.committedFaultsOf(id, head))
        this.take(state, i, step, FRESH, visit);
    }
    for (const step of all.outsideOf(state[GROUND]!, head))
      if (this.take(state, -1, step, FRESH, visit)) alive = true;
    return alive;
  }

  /** What a client may read now, or which event may wake it: that depends on what its server has seen. */
  private answers(
    state: State,
    i: number,
    view: number,
    window: readonly number[],
    visit: Visit,
  ): boolean {
    const { all } = this;
    const last = window.length - 1;
    let id = state[FIRST + i]!;
    const kind = all.kindOf(id);
    let alive = false;
    if (kind === "read") {
      for (let at = view === FRESH ? 0 : view; at <= last; at++) {
        if (at > view) id = all.advance(id, window[at - 1]!, window[at]!);
        this.take(state, i, all.readOf(id, window[at]!), at, visit);
        alive = true;
      }
    } else if (kind === "wait") {
      const woken = all.client(id).woken;
      if (!woken && view === last) return false;
      if (!woken) id = all.advance(id, window[view]!, window[view + 1]!);
      for (const step of all.wakesOf(id))
        this.take(state, i, step, woken ? view : view + 1, visit);
      alive = true;
    }
    return alive;
  }

  /** A release and another's grant in one. (It is alive: it may release by itself too.) */
  private joint(state: State, i: number, head: number, visit: Visit): void {
    const { all, next, views } = this;
    for (let j = 0; j < this.terms.length; j++) {
      if (j === i || all.kindOf(state[FIRST + j]!) !== "wait") continue;
      const [a, b] = [state[FIRST + i]!, state[FIRST + j]!];
      for (const step of all.jointsOf(a, b, head)) {
        let ground = state[GROUND]!;
        if (step.fault !== null) ground = all.spend(ground, step.fault);
        if (ground === -1) continue;
        for (let at = 0; at < next.length; at++) next[at] = state[at]!;
        next[GROUND] = ground;
        for (let k = 0; k < this.terms.length; k++) views[k] = viewOf(state, k);
        next[FIRST + i] = step.clients[0]!;
        next[FIRST + j] = step.clients[1]!;
        if (step.tree !== -1)
          next[WINDOW] = this.windows.push(state[WINDOW]!, step.tree);
        const last = this.windows.treesOf(next[WINDOW]!).length - 1;
        views[i] = views[j] = step.fault === null ? last : FRESH;
        settle(next, views, all, this.windows, this.reach);
        visit(next, step.violation, step.story);
      }
    }
  }

  /** Visits the state after a step, if its fault can be afforded. Returns whether it happens by itself. */
  private take(
    state: State,
    i: number,
    step: Step,
    view: number,
    visit: Visit,
  ): boolean {
    let ground = step.surroundings === -1 ? state[GROUND]! : step.surroundings;
    const isFault = step.fault !== null;
    if (step.fault !== null) ground = this.all.spend(ground, step.fault);
    if (ground === -1) return false;
    this.move(state, i, step, view, ground);
    visit(this.next, step.violation, step.story);
    return !isFault;
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
    for (let at = 0; at < next.length; at++) next[at] = state[at]!;
    next[GROUND] = ground;
    for (let j = 0; j < this.terms.length; j++) views[j] = viewOf(state, j);
    if (i >= 0) {
      next[FIRST + i] = step.client;
      views[i] = view;
    }
    if (step.tree !== -1) {
      next[WINDOW] = this.windows.push(state[WINDOW]!, step.tree);
      const last = this.windows.treesOf(next[WINDOW]!).length - 1;
      if (step.view === "head" && i >= 0) views[i] = last;
      for (let j = 0; j < this.terms.length && step.evicted.length > 0; j++)
        next[FIRST + j] = all.evict(next[FIRST + j]!, step.evicted);
    }
    settle(next, views, all, this.windows, this.reach);
  }

  private mustLetStart(state: State, i: number): boolean {
    const j = this.startsAfter[i]!;
    return j !== -1 && this.isUnstarted(state, i) && this.isUnstarted(state, j);
  }

  private isUnstarted(state: State, i: number): boolean {
    return state[FIRST + i] === this.start[FIRST + i];
  }

  get sizes(): Catalogue["sizes"] {
    return this.all.sizes;
  }
}
