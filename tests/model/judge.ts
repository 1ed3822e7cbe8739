/** What is wrong with a state; and a state in words. */
import type { Catalogue } from "./catalogue";
import type { Client, Terms } from "./client";
import { acting, leftovers, type Violation } from "./invariants";
import {
  FIRST,
  GROUND,
  viewOf,
  WINDOW,
  type State,
  type Windows,
} from "./state";
import { tellState } from "./story";

export class Judge {
  constructor(
    private readonly all: Catalogue,
    private readonly windows: Windows,
    private readonly terms: readonly Terms[],
  ) {}

  /** What is wrong with a state in itself. */
  judge(state: State): Violation | null {
    const { all } = this;
    const last = this.windows.treesOf(state[WINDOW]!).length - 1;
    const head = this.windows.headOf(state[WINDOW]!);
    let actors = 0;
    for (let i = 0; i < this.terms.length; i++) {
      const id = state[FIRST + i]!;
      const kind = all.kindOf(id);
      if (kind === "act") actors++;
      else if (kind !== "wait" || viewOf(state, i) < last) continue;
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
    const head = this.windows.headOf(state[WINDOW]!);
    return leftovers(this.clientsOf(state), this.all.tree(head));
  }

  tell(state: State): string {
    const head = this.windows.headOf(state[WINDOW]!);
    return tellState(this.all.tree(head), this.clientsOf(state));
  }

  private clientsOf(state: State): Client[] {
    return Array.from(state.subarray(FIRST), (id) => this.all.client(id));
  }
}
