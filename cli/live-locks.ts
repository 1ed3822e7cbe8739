import {
  describeLock,
  LockRefused,
  LockUnavailable,
  watchLock,
  type LockView,
  type Look,
} from "../core/lock";
import { decodeName, lockPath } from "../core/lock/tree/paths";
import { isLoss, type Reply } from "../core/zookeeper/replies";
import type { Session } from "../core/zookeeper/session";

/** Rounds in which the holders of a lock must stand still for as long as two reads. */
const ROUNDS = 10;

/**
 * Locks that are kept up to date by ZooKeeper's watches: whatever changes after
 * a refresh wakes `changed`.
 */
export class LiveLocks {
  /** By name; who is not there has no lock. */
  readonly locks = new Map<string, { view: LockView; readAt: number }>();
  private readonly dirty = new Set<string>();
  private readonly watchers = new Map<string, () => void>();
  private relist = true;
  private disturbed = false;
  private wake = () => {};

  /** `names`: null for all below the root. */
  constructor(
    private readonly session: Session,
    private readonly root: string,
    private readonly names: string[] | null,
    private readonly look: Look,
  ) {
    session.on("connected", this.reconnected);
    session.on("suspended", this.interrupted);
    session.on("lost", this.interrupted);
  }

  close(): void {
    this.session.off("connected", this.reconnected);
    this.session.off("suspended", this.interrupted);
    this.session.off("lost", this.interrupted);
  }

  get connected(): boolean {
    return this.session.state === "connected";
  }

  private readonly rootChanged = () => {
    this.relist = true;
    this.wake();
  };

  /** Watches of an ended session are gone without a word. */
  private readonly reconnected = () => {
    for (const name of this.locks.keys()) this.dirty.add(name);
    this.rootChanged();
  };

  private readonly interrupted = () => {
    this.disturbed = true;
    this.wake();
  };

  /** Resolves at the next change, at once if there was one since the last refresh began. */
  async changed(signal: AbortSignal): Promise<void> {
    if (this.connected && (this.relist || this.dirty.size > 0)) return;
    await new Promise<void>((resolve) => {
      const done = () => {
        signal.removeEventListener("abort", done);
        this.wake = () => {};
        resolve();
      };
      this.wake = done;
      signal.addEventListener("abort", done);
      if (signal.aborted) done();
    });
  }

  /** Reads what changed. Without a connection nothing is read, and all is read again once it is back. */
  async refresh(): Promise<void> {
    if (!this.connected) return;
    this.disturbed = false;
    try {
      if (this.relist) await this.list();
      const due = [...this.dirty];
      this.dirty.clear();
      await Promise.all(due.map((name) => this.read(name)));
    } catch (error) {
      if (!(error instanceof LockUnavailable)) throw error;
      this.disturbed = true;
    }
    // an answer that was lost looks like a lock without holders
    if (this.disturbed) this.reconnected();
  }

  private async list(): Promise<void> {
    this.relist = false;
    const found = await this.watchRoot();
    const present = this.names ?? found;
    for (const name of this.locks.keys())
      if (!present.includes(name)) this.locks.delete(name);
    // one that only Chef had may be one of ours by now
    for (const name of present)
      if (!this.locks.has(name) || this.look.chef) this.dirty.add(name);
  }

  /** Names below the root; where it is missing, its first ancestor that is there is watched. */
  private async watchRoot(): Promise<string[]> {
    let at = this.root;
    let missing = "";
    for (let round = 0; round < ROUNDS * 10; round++) {
      const { code, children = [] } = await this.session.getChildren(
        at || "/",
        this.rootChanged,
      );
      if (code === "OK" && at === this.root) return children.map(decodeName);
      if (code === "OK" && !children.includes(missing)) return [];
      if (code === "OK") {
        at = this.root; // it was made between the two looks
        continue;
      }
      if (code !== "NO_NODE" || at === "") throw this.refusal(code, at || "/");
      missing = at.slice(at.lastIndexOf("/") + 1);
      at = at.slice(0, at.lastIndexOf("/"));
    }
    throw this.refusal("NO_NODE", this.root); // made and deleted without end
  }

  private refusal(code: Reply["code"], path: string): Error {
    const message = `reading ${path}: ZooKeeper at ${this.session.servers} answered ${code}`;
    return isLoss({ code })
      ? new LockUnavailable(message)
      : new LockRefused(message);
  }

  private async read(name: string): Promise<void> {
    const view = await this.steady(name).catch((error: unknown) => {
      if (this.names || !(error instanceof LockRefused)) throw error;
      return null; // no lock of ours, or closed to us: others share the root
    });
    if (this.disturbed) return;
    if (view) this.locks.set(name, { view, readAt: performance.now() });
    else this.locks.delete(name);
  }

  /** Watches stand before the last read: nothing that comes after it is missed. */
  private async steady(name: string): Promise<LockView | null> {
    let before: LockView | null = null;
    for (let round = 0; round < ROUNDS; round++) {
      const path = lockPath(this.root, name);
      // what is no lock yet may become one
      const watcher = this.watcherOf(name);
      const { code } = await this.session.getData(path, watcher);
      if (code === "NO_NODE" && !this.look.chef) return null;
      if (code !== "OK" && code !== "NO_NODE") throw this.refusal(code, path);
      const view = await describeLock(this.session, this.root, name, this.look);
      if (before && sameHolders(before, view)) return view;
      await watchLock(this.session, view, watcher);
      before = view;
    }
    this.dirty.add(name); // it changes all the time: shown as it was, and read again
    return before;
  }

  private watcherOf(name: string): () => void {
    let watcher = this.watchers.get(name);
    if (!watcher) {
      watcher = () => {
        this.dirty.add(name);
        this.wake();
      };
      this.watchers.set(name, watcher);
    }
    return watcher;
  }
}

function sameHolders(a: LockView, b: LockView): boolean {
  const ids = ({ holders }: LockView) =>
    holders
      .map(({ id }) => id)
      .sort()
      .join();
  return ids(a) === ids(b);
}
