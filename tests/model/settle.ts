/** What the clients may have seen, once something was committed. */
import type { Catalogue } from "./catalogue";
import {
  FIRST,
  FRESH,
  GROUND,
  packViews,
  VIEWS,
  WINDOW,
  type State,
  type Windows,
} from "./state";

export interface Reach {
  /** How many commits a server may be behind. */
  lag: number;
  /** How many old trees are kept for new sessions. */
  memory: number;
}

/** Brings laggards within the lag, waiters up to their next event, and forgets the trees that nobody can see. */
export function settle(
  next: State,
  views: number[],
  all: Catalogue,
  windows: Windows,
  { lag, memory }: Reach,
): void {
  const window = windows.treesOf(next[WINDOW]!);
  const last = window.length - 1;
  let oldest = last;
  let renewing = memory > 0 && all.maySessionsEnd(next[GROUND]!);
  for (let i = 0; i < views.length; i++) {
    let id = next[FIRST + i]!;
    let view = views[i]!;
    const looks = all.looks(id);
    if (!looks) view = FRESH;
    if (view === FRESH) renewing ||= memory > 0 && looks;
    else {
      for (; view < last; view++) {
        const after = all.advance(id, window[view]!, window[view + 1]!);
        const idle = after === id && all.isAsleep(id);
        if (view >= last - lag && !idle) break;
        id = after;
      }
      next[FIRST + i] = id;
      oldest = Math.min(oldest, view);
    }
    views[i] = view;
  }
  const kept = renewing ? Math.max(0, last - memory) : last;
  const forgotten = Math.min(oldest, kept);
  next[VIEWS] = packViews(views, forgotten);
  next[WINDOW] = windows.forget(next[WINDOW]!, forgotten);
}
