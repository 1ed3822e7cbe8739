/**
 * A state of everything as a few numbers: [window, surroundings, views, client, client, …]. The window is the last trees
 * that were committed; a client's view is the index in it of what its server has told it, or FRESH when its next answer
 * may come from any of them.
 */
import { Interner, PairMemo } from "./interner";

export type State = Int32Array;

export const WINDOW = 0;
export const GROUND = 1;
export const VIEWS = 2;
/** The first client. */
export const FIRST = 3;

export const FRESH = 7;
const BITS = 3;

export const viewOf = (state: State, i: number): number =>
  (state[VIEWS]! >> (i * BITS)) & FRESH;

/** The views in one number, once the oldest trees are forgotten. */
export function packViews(views: readonly number[], forgotten: number): number {
  let packed = 0;
  for (let i = 0; i < views.length; i++) {
    const view = views[i]!;
    packed |= (view === FRESH ? FRESH : view - forgotten) << (i * BITS);
  }
  return packed;
}

/** Windows by number: the trees of each, oldest first. */
export class Windows {
  private readonly all = new Interner<readonly number[]>((w) => w.join());
  private readonly pushed = new PairMemo<number>();
  private readonly cut = new PairMemo<number>();

  readonly idOf = (trees: readonly number[]): number => this.all.idOf(trees);
  readonly treesOf = (id: number): readonly number[] => this.all.valueOf(id);

  headOf(id: number): number {
    const trees = this.treesOf(id);
    return trees[trees.length - 1]!;
  }

  /** With one more tree. */
  push(id: number, tree: number): number {
    return this.pushed.get(id, tree, () =>
      this.idOf([...this.treesOf(id), tree]),
    );
  }

  /** Without its oldest trees. */
  forget(id: number, count: number): number {
    if (count === 0) return id;
    return this.cut.get(id, count, () =>
      this.idOf(this.treesOf(id).slice(count)),
    );
  }
}
