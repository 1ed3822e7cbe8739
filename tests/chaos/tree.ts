import type { Limits } from "../../core/lock";
import type { Change, Transaction } from "./transactions";

interface Node {
  data: string;
  /** Session of an ephemeral node. */
  session: string | null;
}

/** A holder, as it stands in ZooKeeper. */
export interface Holder {
  id: string;
  slot: number;
  group: string;
  /** Hash of its owner. */
  owner: string;
  failed: boolean;
  live: boolean;
}

export interface Waiter {
  name: string;
  /** Null where its record does not say it. */
  group: string | null;
}

/** One lock at one moment. */
export interface State {
  limits: Limits;
  onHold: boolean;
  holders: Holder[];
  slots: number[];
  /** In the order in which they came. */
  waiters: Waiter[];
}

// Read here anew: who is checked does not do the checking.
interface LockText {
  max: number;
  perGroup?: number | null;
  maxFailures?: number;
  hold?: object | null;
}

function parse<T>(text: string): T | null {
  try {
    return JSON.parse(text) as T;
  } catch {
    return null; // empty, between its creation and its first data
  }
}

/** What is made by hand among the nodes of a lock: it is nobody's, one with the name of a waiter too. */
export const FOREIGN = /\/(stray|f{16}-f{16}-)[^/]*$/;

export const ownerOf = (id: string): string => id.split("-")[0]!;

/** The nodes below the root of all locks, transaction by transaction. */
export class Tree {
  private readonly nodes = new Map<string, Node>();

  constructor(private readonly root: string) {}

  apply({ session, changes, ends }: Transaction): void {
    for (const change of changes) this.change(change, session);
    if (!ends) return;
    for (const [path, node] of this.nodes)
      if (node.session === session) this.nodes.delete(path);
  }

  private change(change: Change, session: string): void {
    const { kind, path, data, ephemeral = false } = change;
    if (!path.startsWith(`${this.root}/`)) return;
    if (path.includes("/history/")) return; // no part of who holds
    if (kind === "create")
      this.nodes.set(path, { data, session: ephemeral ? session : null });
    else if (kind === "delete") this.nodes.delete(path);
    else if (kind === "set") this.nodes.get(path)!.data = data;
  }

  /** Paths of the locks that a transaction may have touched. */
  touched({ changes, session, ends }: Transaction): string[] {
    const depth = this.root.split("/").length + 1;
    const paths = changes.map(({ path }) => path);
    if (ends)
      for (const [path, node] of this.nodes)
        if (node.session === session) paths.push(path);
    const locks = paths
      .filter((path) => path.startsWith(`${this.root}/`))
      .map((path) => path.split("/").slice(0, depth).join("/"));
    return [...new Set(locks)];
  }

  locks(): string[] {
    const depth = this.root.split("/").length + 1;
    return [...this.nodes.keys()].filter(
      (path) => path.split("/").length === depth,
    );
  }

  state(lock: string): State | null {
    const known = this.nodes.get(lock);
    const text = known && parse<LockText>(known.data);
    if (!text) return null;
    const { max: maxHolders, perGroup, maxFailures = 1, hold } = text;
    const limits = { maxHolders, maxPerGroup: perGroup ?? null, maxFailures };
    const holders: Holder[] = [];
    const slots: number[] = [];
    const waiters: Waiter[] = [];
    for (const [path, node] of this.nodes) {
      if (!path.startsWith(`${lock}/`) || FOREIGN.test(path)) continue;
      const [kind, first, id, live] = path.slice(lock.length + 1).split("/");
      if (kind === "waiters" && first) {
        const record = parse<{ group?: string }>(node.data);
        waiters.push({ name: first, group: record?.group ?? null });
      }
      if (kind !== "holders" || !first || live) continue;
      const slot = Number(first);
      if (!id) slots.push(slot);
      else holders.push(this.holder(`${lock}/holders/${slot}`, slot, id, node));
    }
    return { limits, onHold: Boolean(hold), holders, slots, waiters };
  }

  private holder(at: string, slot: number, id: string, node: Node): Holder {
    const state = parse<{ state: string }>(node.data)?.state;
    const failed = state === "failed" || state === "repairing";
    const live = [...this.nodes.keys()].some((path) =>
      path.startsWith(`${at}/${id}/`),
    );
    const group = this.nodes.get(at)?.data ?? "";
    return { id, slot, group, owner: ownerOf(id), failed, live };
  }
}
