/** What must never be: after a commit, in a state, and once nothing more can happen. */
import { sid, uuid, type Client, type Terms } from "./client";
import {
  clientOf,
  countsAsFailed,
  holdersOf,
  lockOf,
  M,
  mirrorIsOthers,
  mirrorIsOurs,
  slotsOf,
  waitersOf,
  type Member,
} from "./layout";
import type { Tree } from "./tree";

export const VIOLATIONS = {
  GROUPS: "G1: more groups than N hold or act",
  GROUP_TWICE: "G1: one group in two slots",
  OWNER_TWICE: "G1: two runs of one owner hold or act",
  FOREIGN_SLOT: "G1: a member in a slot of another group",
  BESIDE_CHEF: "G10: acts without the Chef lock that goes with its holder",
  EVICTED_ACTS: "acts after its holder was cleared or adopted",
  VANISHED: "G2, G3: a holder was deleted by somebody who may not",
  SEEMS_DEAD: "G3: a holder that lives has no live node: it can be adopted",
  FALSE_REPORT: "told to be cleared or adopted, and nobody did",
  FIFO: "G4: granted before an earlier waiter",
  ASLEEP: "G6: waits, though it could go on and no event is coming",
  FAILURE_UNSEEN: "G6: waits, though it should have given up",
  STUCK: "G6: a step that cannot go on",
  WAITER_LEFT: "G7: a waiter that nobody waits with is left",
  HOLDER_LEFT: "G7: a holder that nobody holds is left",
  SLOT_LEFT: "G7: a slot without members is left",
  MIRROR:
    "G10: a holder that is to have Chef's lock has it not, or nobody does",
  CHEF_TWICE: "G10: Chef acts, and so does one that takes turns with it",
  ON_HOLD: "granted while the lock was on hold",
  HOLD_UNDONE: "the operator's hold was undone by another",
  MAX_FAILURES: "granted though maxFailures holders had failed",
  FAILED_GROUP: "joined a group with a failed holder",
  GROUP_FULL: "more than maxPerGroup members",
  NOT_REPAIRING: "who adopted a failed holder does not count as failed",
  FAIL_UNDONE: "G3: a holder that had failed counts as failed no more",
  RECORD_LOST: "G3: an adoption knows less than the old holder's record says",
  KEPT_FREED: "G3: giving up freed a lock that was kept",
  SEEMS_ALIVE: "G6: a holder that nobody works on looks alive for ever",
} as const;
export type Violation = keyof typeof VIOLATIONS;

/** The name of the client whose request was committed, or "operator". */
export type Author = string;

const distinct = (values: readonly string[]): number => new Set(values).size;

function structure(after: Tree): Violation | null {
  const slots = slotsOf(after);
  const owners = slots.flatMap((slot) => slot.members.map((m) => m.owner));
  if (distinct(slots.map((slot) => slot.group)) < slots.length)
    return "GROUP_TWICE";
  if (slots.length > (lockOf(after)?.max ?? 0) && slots.length > 0)
    return "GROUPS";
  if (distinct(owners) < owners.length) return "OWNER_TWICE";
  const members = slots.flatMap((slot) => slot.members);
  return mirrorIsOurs(after) && !members.some((m) => m.mirror)
    ? "MIRROR"
    : null;
}

/** Chef's lock is not taken from under those who name it, but by hand. */
function mirror(before: Tree, after: Tree, added: readonly Member[]) {
  if (mirrorIsOurs(after)) return false;
  const taken = mirrorIsOurs(before) && holdersOf(after).some((m) => m.mirror);
  return taken || added.some((m) => m.mirror);
}

function grant(
  before: Tree,
  after: Tree,
  u: Member,
  left: readonly Member[],
  t: Terms,
): Violation | null {
  if (lockOf(before)?.hold) return "ON_HOLD";
  if (after.get(u.slot)?.data !== t.group) return "FOREIGN_SLOT";
  const adopted = left.find((old) => old.owner === u.owner);
  if (t.chef && !mirrorIsOurs(after)) return "MIRROR";
  if (adopted?.recorded && !u.recorded) return "RECORD_LOST";
  if (adopted)
    return countsAsFailed(adopted) && !countsAsFailed(u)
      ? "NOT_REPAIRING"
      : null;
  const holders = holdersOf(before);
  if (holders.filter(countsAsFailed).length >= t.maxFailures)
    return "MAX_FAILURES";
  // who leaves in the same transaction is in nobody's company
  const leaves = (m: Member) => left.some(({ path }) => path === m.path);
  const group = holders.filter((m) => m.slot === u.slot && !leaves(m));
  if (group.some(countsAsFailed)) return "FAILED_GROUP";
  if (group.length >= t.maxPerGroup) return "GROUP_FULL";
  const queue = waitersOf(before);
  const mine = queue.findIndex((waiter) => waiter.uuid === u.uuid);
  const ahead = queue.slice(0, mine === -1 ? queue.length : mine);
  return ahead.length > 0 ? "FIFO" : null;
}

/** What a commit did to the holders, and whether its author might. */
export function commit(
  before: Tree,
  after: Tree,
  author: Author,
  termsOf: (client: string) => Terms,
): { violation: Violation | null; evicted: string[] } {
  const was = holdersOf(before);
  const is = holdersOf(after);
  const here = new Set(is.map((m) => m.path));
  const there = new Set(was.map((m) => m.path));
  const left = was.filter((m) => !here.has(m.path));
  const added = is.filter((m) => !there.has(m.path));
  const evicted = left.filter((m) => clientOf(m.uuid) !== author);
  let violation = structure(after);
  const byHand = author === "operator" && before.has(M);
  if (!byHand && mirror(before, after, added)) violation ??= "MIRROR";
  const undone = (u: Member) => {
    const old = was.find((m) => m.path === u.path);
    return old && countsAsFailed(old) && !countsAsFailed(u);
  };
  if (is.some(undone)) violation ??= "FAIL_UNDONE";
  for (const u of added)
    violation ??= grant(before, after, u, left, termsOf(clientOf(u.uuid)));
  const mayEvict = (old: Member) =>
    author === "operator" || added.some((m) => m.owner === old.owner);
  if (!evicted.every(mayEvict)) violation ??= "VANISHED";
  if (author !== "operator" && lockOf(before)?.hold && !lockOf(after)?.hold)
    violation ??= "HOLD_UNDONE";
  return { violation, evicted: evicted.map((m) => m.uuid) };
}

/** Whether a step was right for who took it. */
export function moved(
  from: Client,
  c: Client,
  tree: () => Tree,
): Violation | null {
  if (c.toldGone && !from.evicted) return "FALSE_REPORT";
  const frees = from.step === "RELEASE" && from.giveUp && c.step !== "RELEASE";
  if (frees && from.adopted && !c.toldGone) return "KEPT_FREED";
  const begins = c.step === "ACT" && from.step !== "ACT";
  if (begins && from.evicted) return "EVICTED_ACTS";
  return begins && c.data.mirror && !mirrorIsOurs(tree())
    ? "BESIDE_CHEF"
    : null;
}

/** Whether a client that sleeps with no event on its way, or acts, rightly does so. */
export function clientViolation(
  c: Client,
  t: Terms,
  tree: Tree,
): Violation | null {
  if (c.step === "WAIT" && !c.woken) return sleeps(c, t, tree);
  if (c.step !== "ACT" || c.evicted) return null;
  const mine = holdersOf(tree).find((m) => m.uuid === uuid(c));
  if (!mine) return "VANISHED";
  const seen = mine.lives.some(
    (live) => tree.get(`${mine.path}/${live}`)?.session === sid(c),
  );
  return seen || c.relive ? null : "SEEMS_DEAD";
}

function sleeps(c: Client, t: Terms, tree: Tree): Violation | null {
  const queue = waitersOf(tree);
  const lock = lockOf(tree);
  const mine = queue.find((waiter) => waiter.uuid === uuid(c));
  if (!mine) return "ASLEEP";
  if (!lock || lock.hold) return null;
  const slots = slotsOf(tree);
  const holders = slots.flatMap((slot) => slot.members);
  const own = holders.find((m) => m.owner === t.owner);
  if (own) {
    // an earlier waiter of this owner, if it stands for nobody any more, goes with its session: that wakes
    const ahead = queue.slice(0, queue.indexOf(mine));
    const elder = ahead.some((waiter) => waiter.owner === t.owner);
    const chefs = mirrorIsOthers(tree) && (t.chef || own.mirror);
    return own.lives.length > 0 || elder || chefs ? null : "ASLEEP";
  }
  if (lock.max !== t.max) return null;
  if (mine !== queue[0]) return null;
  const group = slots.find((slot) => slot.group === t.group);
  const stopped = holders.filter(countsAsFailed).length >= t.maxFailures;
  const named = group?.members.some((m) => m.mirror) ?? false;
  if (mirrorIsOthers(tree) && (t.chef || named)) return null;
  const bare = t.chef && group?.members.some((m) => !m.mirror);
  const joins =
    group &&
    !bare &&
    !group.members.some(countsAsFailed) &&
    group.members.length < t.maxPerGroup;
  const full = slots.filter((s) => s.members.length > 0).length >= lock.max;
  if (!stopped && (group ? joins : !full)) return "ASLEEP";
  const troubled = holders.some(
    (m) => countsAsFailed(m) || m.lives.length === 0,
  );
  return troubled && t.onFailedHolder === "fail" ? "FAILURE_UNSEEN" : null;
}

/** Those who act at one time, but for who was cleared or adopted while acting. */
export function acting(
  clients: readonly { client: Client; terms: Terms }[],
  chefActs: boolean,
  tree: Tree,
): Violation | null {
  const there = clients.filter(
    ({ client }) => client.step === "ACT" && !client.evicted,
  );
  const owners = there.map(({ terms }) => terms.owner);
  const groups = distinct(there.map(({ terms }) => terms.group));
  if (distinct(owners) < owners.length) return "OWNER_TWICE";
  if (chefActs && there.some(({ terms }) => terms.chef)) return "CHEF_TWICE";
  return groups > (lockOf(tree)?.max ?? 1) ? "GROUPS" : null;
}

/** Nothing can happen any more but faults: what may be left, and who may wait. */
export function leftovers(
  clients: readonly Client[],
  tree: Tree,
): Violation | null {
  const resting = ["DONE", "CRASHED", "WAIT"];
  if (!clients.every((c) => resting.includes(c.step))) return "STUCK";
  const waits = (name: string) =>
    clients.some((c) => c.step === "WAIT" && c.waiter === name);
  if (!waitersOf(tree).every((waiter) => waits(waiter.name)))
    return "WAITER_LEFT";
  const slots = slotsOf(tree);
  if (slots.some((slot) => slot.members.length === 0)) return "SLOT_LEFT";
  const crashed = (m: Member) =>
    clients.find((c) => c.name === clientOf(m.uuid))?.step === "CRASHED";
  const left = (m: Member) => clients.some((c) => c.left === m.uuid);
  const rightly = (m: Member) => m.state === "failed" || crashed(m) || left(m);
  const members = slots.flatMap((slot) => slot.members);
  if (!members.every(rightly)) return "HOLDER_LEFT";
  return members.some((m) => m.lives.length > 0) ? "SEEMS_ALIVE" : null;
}
