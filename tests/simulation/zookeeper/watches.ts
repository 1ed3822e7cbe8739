import type { EventKind, WatchEvent } from "./requests";
import { parentOf, type Change } from "./tree";

interface Listener {
  notify(event: WatchEvent): void;
}

/** The watches that the connections of one server have left. */
export class ServerWatches<L extends Listener> {
  private readonly data = new Map<string, Set<L>>();
  private readonly children = new Map<string, Set<L>>();

  add(kind: "data" | "children", path: string, listener: L): void {
    const all = this[kind];
    const listeners = all.get(path);
    if (listeners) listeners.add(listener);
    else all.set(path, new Set([listener]));
  }

  /** To be called once the change was made. */
  trigger({ kind, path }: Change): void {
    if (kind === "set") return this.fire("data", path, "changed");
    if (kind === "create") this.fire("data", path, "created");
    else {
      const told = this.data.get(path);
      this.fire("data", path, "deleted");
      this.fire("children", path, "deleted", told);
    }
    this.fire("children", parentOf(path), "children");
  }

  private fire(
    of: "data" | "children",
    path: string,
    kind: EventKind,
    except?: Set<L>,
  ): void {
    const listeners = this[of].get(path);
    if (!listeners) return;
    this[of].delete(path);
    for (const listener of listeners)
      if (!except?.has(listener)) listener.notify({ kind, path });
  }

  drop(listener: L): void {
    for (const all of [this.data, this.children])
      for (const listeners of all.values()) listeners.delete(listener);
  }
}
