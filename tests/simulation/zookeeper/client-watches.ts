import type { WatchEvent } from "./requests";

export interface ClientEvent {
  type: number;
  name: string;
  path: string;
}
export type ClientWatcher = (event: ClientEvent) => void;

const KINDS = {
  created: { type: 1, name: "NODE_CREATED" },
  deleted: { type: 2, name: "NODE_DELETED" },
  changed: { type: 3, name: "NODE_DATA_CHANGED" },
  children: { type: 4, name: "NODE_CHILDREN_CHANGED" },
};

type Watchers = Map<string, Set<ClientWatcher>>;

/** Who is told of which event, as the library keeps it: once, and each function once a path. */
export class ClientWatches {
  private readonly data: Watchers = new Map();
  private readonly existence: Watchers = new Map();
  private readonly children: Watchers = new Map();

  add(
    of: "data" | "existence" | "children",
    path: string,
    watcher: ClientWatcher,
  ): void {
    const watchers = this[of].get(path);
    if (watchers) watchers.add(watcher);
    else this[of].set(path, new Set([watcher]));
  }

  fire({ kind, path }: WatchEvent): void {
    const told: ClientWatcher[] = [];
    const take = (all: Watchers) => {
      told.push(...(all.get(path) ?? []));
      all.delete(path);
    };
    if (kind !== "children") take(this.data);
    if (kind === "children" || kind === "deleted") take(this.children);
    if (kind === "created" || kind === "changed") take(this.existence);
    for (const watcher of told) watcher({ ...KINDS[kind], path });
  }

  /** What is to be watched again over a new connection. */
  paths(): { data: string[]; children: string[] } {
    return {
      data: [...this.data.keys(), ...this.existence.keys()],
      children: [...this.children.keys()],
    };
  }
}
