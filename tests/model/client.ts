/** One run of an action as the protocol sees it: a value, moved on by the answers it gets. */
import type { LockView, MemberData } from "./layout";
import { encodeMember, H, slotPath } from "./layout";
import type { Rule } from "./rules";
import { check, create, set, type Op, type Refusal } from "./tree";

/** The names of the protocol page; then the states in which nothing is asked. */
export type Step =
  | "INIT"
  | "FAST"
  | "QUEUE"
  | "PLACE"
  | "OWN"
  | "EVAL"
  | "TAKE"
  | "JOIN"
  | "RESOLVE"
  | "RELIVE"
  | "RE-ASSERT"
  | "RECORD"
  | "RELEASE"
  | "FAIL"
  | "ABANDON"
  | "WAIT"
  | "ACT"
  | "DONE"
  | "CRASHED";

/** What an EVAL has gathered so far. */
export interface Findings {
  /** Holders that count as failed. */
  failed: number;
  /** A failed or stale one is among them. */
  troubled: boolean;
  taken: number[];
  empty: number[];
  own: string | null;
  group: {
    slot: number;
    members: number;
    failed: boolean;
    /** A member names Chef's lock; another one does not. */
    mirror: boolean;
    bare: boolean;
  } | null;
}

export interface Client {
  name: string;
  step: Step;
  /** Where in the step; "" is its main request. */
  phase: string;
  /** Acquisitions still to do, the present one included. */
  runs: number;
  /** Number of the attempt: its uuid. */
  attempt: number;
  session: number;
  /** L as cached. */
  lock: LockView | null;
  /** The own waiter's name, once known. */
  waiter: string | null;
  /** A creation of it was sent. */
  queued: boolean;
  first: boolean;
  /** The waiter right before, as last seen, and what the last EVAL saw: kept where snapshots are left. */
  ahead: string;
  sight: string;
  /** The last acquire had to wait: the next one skips FAST. */
  patient: boolean;
  /** The operation under way has ended in LOSS before. */
  doubt: boolean;
  /** A grant ended in LOSS (gd), and since ever in this attempt. */
  gd: boolean;
  everGd: boolean;
  /** The definite answer that waits for qcheck(u). */
  refusal: Refusal | null;
  giveUp: boolean;
  /** Paths or names still to be read, deleted or watched; the live nodes to be released. */
  todo: string[];
  found: Findings | null;
  /** The shortcut may be taken when a slot vanishes. */
  shortcut: boolean;
  /** The slot of the grant or of the holder. */
  slot: number;
  /** TAKE of a slot that exists and is empty. */
  recreate: boolean;
  /** The own owner's holder, to be watched or adopted. */
  old: Old | null;
  /** The own record as it stands in u, and the version of u that this run knows. */
  data: MemberData;
  version: number;
  /** The uuid of a holder that it left as it was. */
  left: string;
  /** It adopted its holder. */
  adopted: boolean;
  /** Other members of the slot, checked while leaving; null: none. */
  others: string[] | null;
  /** Leaving others behind, Chef's lock goes: none of them names it. */
  frees: boolean;
  /** Persistent nodes among the waiters: no waiters. */
  foreign: string[];
  /** The live node last created. */
  live: string | null;
  /** A new session has not created its live node yet. */
  relive: boolean;
  watches: string[];
  /** A watch fired while reading: the dirty flag. */
  woken: boolean;
  /** Release, act or fail was told that the holder is gone. */
  toldGone: boolean;
  /** Truth kept for the invariants: an operator cleared, or its owner adopted, the holder. */
  evicted: boolean;
  /** Sessions given up that the server still has. */
  zombies: string[];
  /** A request under way on a session given up. */
  late: { session: string; ops: Op[] } | null;
}

/** A holder of the own owner, as it was read. */
export type Old = MemberData & { path: string; version: number };

/** What a client wants and what it keeps to. */
export interface Terms {
  owner: string;
  group: string;
  max: number;
  maxPerGroup: number;
  maxFailures: number;
  onFailedHolder: "wait" | "fail";
  /** Members are read one by one. */
  fine: boolean;
  /** It takes Chef's lock with its slot. */
  chef: boolean;
  /** It writes into its record before it acts. */
  records: boolean;
  /** Clients of one process know what the others know: who is granted leaves it to the next. "": each is alone. */
  process: string;
  has(rule: Rule): boolean;
}

export type Read = {
  read: "data" | "children" | "slot" | "member" | "holders";
  path: string;
  /** Leaves a watch: on data, on children, or on what the members of a slot have. */
  watch?: boolean;
};
export type Request = Read | { ops: Op[] };

export const uuid = (c: Client): string => c.name + String(c.attempt);
export const sid = (c: Client): string => `${c.name}.${String(c.session)}`;
export const holder = (c: Client, t: Terms): string =>
  `${slotPath(c.slot)}/${t.owner}-${uuid(c)}`;
export const liveName = (c: Client, t: Terms): string =>
  t.has("LIVE-SESSION") ? `l-${sid(c)}` : "l";

/** To another step, with its cursors cleared. */
export function to(c: Client, step: Step, change: Partial<Client> = {}) {
  return { ...c, phase: "", todo: [], ...change, step };
}

/** Waits for a watch; an event that came while reading is not slept over. */
export function wait(c: Client, change: Partial<Client> = {}): Client {
  const next = to(c, "WAIT", { found: null, old: null, ...change });
  return c.woken ? resume(next) : next;
}

/** Any event: the first waiter evaluates, any other finds its place again. */
export function resume(c: Client): Client {
  const clean = { watches: [], woken: false, shortcut: false, old: null };
  return to(c, c.first ? "EVAL" : "PLACE", { ...clean, found: null });
}

/** `create u, setData(u), create u/l-sid`. */
export function becomeHolder(c: Client, t: Terms, data: MemberData): Op[] {
  const u = holder(c, t);
  return [
    create(u),
    set(u, encodeMember(data)),
    create(`${u}/${liveName(c, t)}`, "", sid(c)),
  ];
}

/** The quorum read that settles a doubt. */
export function qcheck(c: Client, t: Terms): Request {
  const u = holder(c, t);
  return t.has("QCHECK") ? { ops: [check(u)] } : { read: "data", path: u };
}

/** The paths below H/slot, for messages and for the slot's number. */
export const slotNumber = (path: string): number =>
  Number(path.slice(H.length + 1).split("/")[0]);
