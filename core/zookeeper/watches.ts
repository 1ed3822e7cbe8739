import type { WatchEvent } from "./protocol";

/** Called once, at the first change after the read that left the watch. */
export type Watcher = (path: string, change: "deleted" | "changed") => void;
export type WatchKind = "data" | "children";

interface Entry {
  kind: WatchKind;
  path: string;
  watchers: Set<Watcher>;
}

const KINDS: WatchKind[] = ["data", "children"];

/**
 * Who waits for changes of which node. The server keeps one watch for a
 * session, kind and path, and takes it away when it fires; here stands who is
 * to be told. A waiter that leaves is forgotten at once.
 */
export class Watches {
  private readonly entries = {
    data: new Map<string, Entry>(),
    children: new Map<string, Entry>(),
  };
  private readonly byWatcher = new Map<Watcher, Set<Entry>>();

  /** To be called in the place of the answer that left the watch: no event of before is meant for it. */
  add(kind: WatchKind, path: string, watcher: Watcher): void {
    const entries = this.entries[kind];
    let entry = entries.get(path);
    if (!entry) {
      entry = { kind, path, watchers: new Set() };
      entries.set(path, entry);
    }
    entry.watchers.add(watcher);
    const on = this.byWatcher.get(watcher);
    if (on) on.add(entry);
    else this.byWatcher.set(watcher, new Set([entry]));
  }

  fire({ type, path }: WatchEvent): void {
    if (type === "deleted")
      for (const kind of KINDS) this.tell(kind, path, type);
    else if (type === "data" || type === "children")
      this.tell(type, path, "changed");
  }

  private tell(
    kind: WatchKind,
    path: string,
    change: "deleted" | "changed",
  ): void {
    const entry = this.entries[kind].get(path);
    if (!entry) return;
    this.entries[kind].delete(path);
    for (const watcher of entry.watchers) {
      this.forget(watcher, entry);
      try {
        watcher(path, change);
      } catch (error) {
        process.emitWarning(error as Error); // a mistake of its program: the others are told all the same
      }
    }
  }

  /** Takes a watcher off all nodes. */
  drop(watcher: Watcher): void {
    for (const entry of this.byWatcher.get(watcher) ?? []) {
      entry.watchers.delete(watcher);
      if (entry.watchers.size === 0)
        this.entries[entry.kind].delete(entry.path);
    }
    this.byWatcher.delete(watcher);
  }

  /** What to leave again at the next server. */
  paths(kind: WatchKind): string[] {
    return [...this.entries[kind].keys()];
  }

  private forget(watcher: Watcher, entry: Entry): void {
    const on = this.byWatcher.get(watcher);
    on?.delete(entry);
    if (on?.size === 0) this.byWatcher.delete(watcher);
  }
}
