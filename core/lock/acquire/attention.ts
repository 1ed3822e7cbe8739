import type { Change } from "../../zookeeper/watches";
import type { Step } from "./step";

/** What an attempt that sleeps is woken for. */
export class Attention {
  /** Something watched changed since the last look. */
  dirty = false;
  /** Nodes that are gone, and holders whose live node is, since the last look. */
  readonly vanished: string[] = [];
  /** Slots that are free as soon as this holder's node is gone. */
  readonly shortcuts = new Map<string, number>();
  /** When the owner of a holder that blocks has had its time to come back: `System.now()`. */
  graceEnds = Infinity;
  /** A release of this process has taken the grant along. */
  passed: Promise<Step> | null = null;
  /** Set while it sleeps. */
  wake: (() => void) | null = null;

  /** Before a look at the lock: what happens from here on is news. */
  look(): void {
    this.dirty = false;
    this.vanished.length = 0;
    this.shortcuts.clear();
    this.graceEnds = Infinity;
  }

  /** A watch has fired. */
  event(path: string, change: Change): void {
    this.dirty = true;
    if (change !== "changed") this.vanished.push(path);
    this.wake?.();
  }

  /** It sleeps, and nothing has happened to it. */
  isAsleep(): boolean {
    return this.wake !== null && !this.dirty;
  }
}
