import type { HolderRecord, Limits } from "../../../core/lock";
import type { Change, Transaction } from "../zookeeper";

/** A holder, as it stands at the leader. */
export interface Holder {
  id: string;
  slot: number;
  owner: string;
  /** Of its slot. */
  group: string;
  /** Null: what stands there is no record. */
  record: HolderRecord | null;
  /** Names of its live nodes. */
  lives: Set<string>;
  /** The transaction that made it. */
  zxid: number;
  /** The session that made it. */
  session: number;
}

export interface Waiter {
  name: string;
  owner: string;
}

/** One lock at one moment. */
export interface LockState {
  limits: Limits | null;
  hold: boolean;
  mirrors: string[];
  slots: Map<number, string>;
  holders: Map<string, Holder>;
  /** In the order in which they came. */
  waiters: Map<string, Waiter>;
}

interface LockText {
  max: number;
  perGroup?: number | null;
  maxFailures?: number;
  hold?: object | null;
  mirrors?: string[];
}

function parse<T>(data: Buffer): T | null {
  if (data.length === 0) return null; // before its first data
  try {
    return JSON.parse(data.toString()) as T;
  } catch {
    return null;
  }
}

export const isFailed = ({ record }: Pick<Holder, "record">): boolean =>
  record?.state === "failed" || record?.state === "repairing";

const ownerOf = (name: string): string => name.split("-")[0]!;

const WAITER = /^[0-9a-f]{16}-[0-9a-f]{16}-(-\d{9}|\d{10})$/;

export const emptyState = (): LockState => ({
  limits: null,
  hold: false,
  mirrors: [],
  slots: new Map(),
  holders: new Map(),
  waiters: new Map(),
});

/** What a transaction did to a lock. */
export interface Doing {
  created: Holder[];
  removed: Holder[];
  /** Waiters that went. */
  left: Waiter[];
  /** Records before, of holders that were written. */
  written: { holder: Holder; before: HolderRecord | null }[];
  /** Live nodes that came and went. */
  revived: { holder: Holder; name: string; session: number }[];
  died: { holder: Holder; name: string }[];
  /** L was written. */
  lockWritten: boolean;
  /** Persistent where it must go with its session, or the other way round. */
  misplaced: string[];
}

/** Carries out the changes of a transaction on the state, and says what it did. */
export function follow(
  state: LockState,
  lock: string,
  { changes, zxid, session }: Transaction,
): Doing {
  const doing: Doing = {
    created: [],
    removed: [],
    left: [],
    written: [],
    revived: [],
    died: [],
    lockWritten: false,
    misplaced: [],
  };
  for (const change of changes) {
    if (change.path === lock) followLock(state, change, doing);
    if (!change.path.startsWith(`${lock}/`)) continue;
    const [room, first, id, live] = change.path
      .slice(lock.length + 1)
      .split("/");
    if (room === "waiters" && first) followWaiter(state, first, change, doing);
    if (room !== "holders" || !first) continue;
    if (!/^\d+$/.test(first)) continue; // somebody else's
    const slot = Number(first);
    if (!id) followSlot(state, slot, change);
    else if (!live) followHolder(state, slot, id, change, doing, zxid, session);
    else followLive(state, id, live, change, doing);
  }
  return doing;
}

function followLock(state: LockState, change: Change, doing: Doing): void {
  if (change.kind === "delete") {
    state.limits = null;
    state.hold = false;
    return;
  }
  doing.lockWritten = true;
  const text = parse<LockText>(change.data);
  if (!text) return;
  const { max, perGroup = null, maxFailures = 1, hold, mirrors = [] } = text;
  state.limits = { maxHolders: max, maxPerGroup: perGroup, maxFailures };
  state.hold = Boolean(hold);
  state.mirrors = mirrors;
}

function followWaiter(
  state: LockState,
  name: string,
  change: Change,
  doing: Doing,
): void {
  if (!WAITER.test(name)) return; // somebody else's
  if (change.kind === "create") {
    if (change.owner === 0) {
      doing.misplaced.push(name);
      return;
    }
    state.waiters.set(name, {
      name,
      owner: ownerOf(name),
    });
  } else if (change.kind === "delete") {
    const waiter = state.waiters.get(name);
    if (waiter) doing.left.push(waiter);
    state.waiters.delete(name);
  }
}

function followSlot(state: LockState, slot: number, change: Change): void {
  if (change.kind === "delete") state.slots.delete(slot);
  else state.slots.set(slot, change.data.toString());
}

function followHolder(
  state: LockState,
  slot: number,
  id: string,
  change: Change,
  doing: Doing,
  zxid: number,
  session: number,
): void {
  if (change.kind === "create") {
    const holder: Holder = {
      id,
      slot,
      owner: ownerOf(id),
      group: state.slots.get(slot) ?? "",
      record: parse<HolderRecord>(change.data),
      lives: new Set(),
      zxid,
      session,
    };
    state.holders.set(id, holder);
    doing.created.push(holder);
    if (change.owner !== 0) doing.misplaced.push(id);
    return;
  }
  const holder = state.holders.get(id)!;
  if (change.kind === "delete") {
    state.holders.delete(id);
    doing.removed.push(holder);
    return;
  }
  const before = holder.record;
  holder.record = parse<HolderRecord>(change.data);
  if (!doing.created.includes(holder)) doing.written.push({ holder, before });
}

function followLive(
  state: LockState,
  id: string,
  name: string,
  change: Change,
  doing: Doing,
): void {
  const holder = state.holders.get(id);
  if (!holder) return;
  if (change.kind === "create") {
    holder.lives.add(name);
    doing.revived.push({ holder, name, session: change.owner });
    if (change.owner === 0) doing.misplaced.push(name);
  } else if (change.kind === "delete") {
    holder.lives.delete(name);
    doing.died.push({ holder, name });
  }
}
