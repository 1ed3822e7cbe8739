import type { Event } from "./client";

/** What happened to a node; `children`: one came or went. */
export type Change = "deleted" | "changed" | "children";
/** Called once, at the first change after the read that left the watch. */
export type Watcher = (path: string, change: Change) => void;
export type WatchKind = "data" | "children";

/** One read that leaves a watch. */
export interface Watch {
  /** For the library: one function a path, whoever watches. */
  fire(event: Event): void;
  /** Whether the read succeeded: ZooKeeper leaves no watch on what is not there. */
  left(success: boolean): void;
}

const CHANGES: Record<string, Change> = {
  NODE_DELETED: "deleted",
  NODE_CHILDREN_CHANGED: "children",
};

interface Entry {
  /** Each with its reads under way: what such a one leaves tells again. */
  watchers: Map<Watcher, number>;
  armed: boolean;
  fire: (event: Event) => void;
}

/**
 * Who waits for changes of which node. The library keeps one function a path
 * for each closure and never lets go of it; here each path has one function
 * for all, and a watcher that was told or leaves is let go of.
 */
export class Watches {
  private readonly entries = new Map<string, Entry>();

  /** Watchers that may still be told. */
  get size(): number {
    let sum = 0;
    for (const { watchers } of this.entries.values()) sum += watchers.size;
    return sum;
  }

  add(kind: WatchKind, path: string, watcher: Watcher): Watch {
    const key = `${kind} ${path}`;
    const entry = this.entries.get(key) ?? this.create(key, path);
    const { watchers } = entry;
    watchers.set(watcher, (watchers.get(watcher) ?? 0) + 1);
    const left = (success: boolean) => {
      const underWay = watchers.get(watcher);
      if (underWay !== undefined) watchers.set(watcher, underWay - 1);
      if (success) entry.armed = true;
      else this.forget(key, entry);
    };
    return { fire: entry.fire, left };
  }

  /** Lets go of those whom nothing will tell: no watch is left, and no read under way may leave one. */
  private forget(key: string, entry: Entry): void {
    if (entry.armed) return;
    for (const [watcher, underWay] of entry.watchers)
      if (underWay === 0) entry.watchers.delete(watcher);
    if (entry.watchers.size === 0 && this.entries.get(key) === entry)
      this.entries.delete(key);
  }

  private create(key: string, path: string): Entry {
    const watchers = new Map<Watcher, number>();
    const fire = (event: Event): void => {
      const change = CHANGES[event.name] ?? "changed";
      const told = [...watchers.keys()];
      entry.armed = false;
      this.forget(key, entry);
      for (const watcher of told)
        try {
          watcher(path, change);
        } catch (error) {
          // a mistake of its program: the library would tell nobody else
          process.emitWarning(error as Error);
        }
    };
    const entry: Entry = { watchers, armed: false, fire };
    this.entries.set(key, entry);
    return entry;
  }

  /** Takes a watcher off all nodes. The watch itself stays until it fires: the library cannot remove one. */
  drop(watcher: Watcher): void {
    for (const { watchers } of this.entries.values()) watchers.delete(watcher);
  }
}
