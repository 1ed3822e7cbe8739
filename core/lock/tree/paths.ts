import { createHash } from "node:crypto";
import type { Owner } from "../types";

/** Where everything of one lock is: docs/protocol.md §2. */
export interface LockPaths {
  /** L */
  lock: string;
  /** H: slots, with the holders in them */
  holders: string;
  /** W */
  waiters: string;
  history: string;
}

/** `name` as one path segment; `decodeName` undoes it. */
export function encodeName(name: string): string {
  return encodeURIComponent(name).replace(/^\.{1,2}$/, (dots) =>
    dots.replaceAll(".", "%2E"),
  );
}

export function decodeName(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment; // made by hand
  }
}

export function lockPath(root: string, name: string): string {
  return `${root.replace(/\/+$/, "")}/${encodeName(name)}`;
}

export function pathsOf(lock: string): LockPaths {
  return {
    lock,
    holders: `${lock}/holders`,
    waiters: `${lock}/waiters`,
    history: `${lock}/history`,
  };
}

/** The same for every run of one owner on one lock: prefix of its holders' names, key of its guard on the host. */
export function ownerKey(lock: string, owner: Owner): string {
  return createHash("sha256")
    .update([lock, owner.target, owner.subject].join("\0"))
    .digest("hex")
    .slice(0, 16);
}

/** A name for one attempt of an owner: its waiter's, and its holder's. `random` is new each time. */
export function attemptId(key: string, random: string): string {
  return `${key}-${random}`;
}

/** Random bytes in it. */
export const RANDOM_BYTES = 8;

const WAITER = /^[0-9a-f]{16}-[0-9a-f]{16}-(\d{10}|-\d{9,10})$/;

/** Whether a child of W can be a waiter of this package: what is none blocks nobody (FOREIGN-WAITER). */
export const isWaiterName = (name: string): boolean => WAITER.test(name);

/** The number of a slot, from a child of H; null: it is none. */
export function slotNumber(name: string): number | null {
  return /^(0|[1-9]\d{0,5})$/.test(name) ? Number(name) : null;
}

/** Sequence number of a waiter: signed, it wraps at 2^31. */
export function sequenceOf(name: string): number {
  return parseInt(/-(-?\d{9,10})$/.exec(name)?.[1] ?? "0", 10) | 0;
}

/** Serial-number arithmetic: right across the wrap, as long as fewer than 2^31 wait. */
export function inQueueOrder(a: string, b: string): number {
  return (sequenceOf(a) - sequenceOf(b)) | 0;
}

/** In the order of their turns; the number of each is read once, for thousands may wait. */
export function queued(names: readonly string[]): string[] {
  return names
    .map((name) => ({ name, at: sequenceOf(name) }))
    .sort((a, b) => (a.at - b.at) | 0)
    .map(({ name }) => name);
}
