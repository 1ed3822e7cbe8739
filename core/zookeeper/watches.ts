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
  watchers: Set<Watcher>;
  armed: boolean;
  fire: (event: Event) => void;
}

/**
 * Who waits for changes of which node. The library keeps one function a path
 * for each closure and never lets go of it; here each path has one function
 * for all, and a waiter that leaves takes its callback along.
 */
export class Watches {
  private readonly entries = new Map<string, Entry>();

  add(kind: WatchKind, path: string, watcher: Watcher): Watch {
    const key = `${kind} ${path}`;
    const entry = this.entries.get(key) ?? this.create(key, path);
    entry.watchers.add(watcher);
    const left = (success: boolean) => {
      if (success) entry.armed = true;
      else if (!entry.armed && this.entries.get(key) === entry)
        this.entries.delete(key);
    };
    return { fire: entry.fire, left };
  }

  private create(key: string, path: string): Entry {
    const watchers = new Set<Watcher>();
    const fire = (event: Event): void => {
      if (this.entries.get(key) === entry) this.entries.delete(key);
      const change = CHANGES[event.name] ?? "changed";
      for (const watcher of watchers)
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
