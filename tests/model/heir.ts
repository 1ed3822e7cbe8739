/**
 * What a granted waiter leaves to the next one of its process. The process's
 * memory stands beside the tree as a node that its grant writes: the next one
 * reads it no earlier than it sees its predecessor gone.
 */
import type { Answer } from "./answer";
import { holder, to, uuid, type Client, type Terms } from "./client";
import type { LockView, Member } from "./layout";
import { countsAsFailed } from "./layout";
import { set, type Op } from "./tree";

export const estatePath = (process: string): string => `estate-${process}`;

/** One who may hold. */
interface Heirloom {
  path: string;
  slot: number;
  group: string;
  owner: string;
  failed: boolean;
}

interface Estate {
  /** The waiter that was granted. */
  of: string;
  lock: LockView;
  holders: Heirloom[];
}

const holdersIn = (sight: string): Heirloom[] =>
  sight === "" ? [] : (JSON.parse(sight) as Heirloom[]);

/** The sight of an EVAL, with one slot more. */
export function seeing(
  sight: string,
  slot: number,
  group: string,
  members: readonly Member[],
): string {
  const seen = members.map((member) => ({
    path: member.path,
    slot,
    group,
    owner: member.owner,
    failed: countsAsFailed(member),
  }));
  return JSON.stringify([...holdersIn(sight), ...seen]);
}

/** Part of a grant. */
export function leaveEstate(c: Client, t: Terms, joins: boolean): Op[] {
  if (t.process === "" || !c.lock) return [];
  const { lock } = c;
  const of = c.waiter ?? "";
  const holders = holdersWith(c, t, joins);
  const estate: Estate = { of, lock, holders };
  return [set(estatePath(t.process), JSON.stringify(estate))];
}

/** Who holds once this one is granted. A slot that it creates had nobody in it. */
function holdersWith(c: Client, t: Terms, joins: boolean): Heirloom[] {
  const others = holdersIn(c.sight).filter(
    ({ slot }) => joins || slot !== c.slot,
  );
  const { slot } = c;
  const { group, owner } = t;
  return [...others, { path: holder(c, t), slot, group, owner, failed: false }];
}

/**
 * Who is not first: the head of the queue tells whom it stood behind when it came, and if that one's
 * estate is here, nobody holds but those in it. Else who holds is read.
 */
export function hearHead(c: Client, answer: Answer): Client {
  return answer.ok
    ? { ...c, phase: "known", sight: answer.data }
    : { ...c, phase: "holders" };
}

export function hearKnown(c: Client, t: Terms, answer: Answer): Client {
  const estate = estateOf(answer);
  const behind = c.sight !== "" && estate?.of === c.sight;
  const fits = t.has("HEAD-KNOWN") ? behind : estate !== null;
  const found = { ...c, sight: "" };
  if (!estate || !fits || estate.holders.some(({ owner }) => owner === t.owner))
    return { ...found, phase: "holders" };
  if (estate.lock.max !== t.max)
    return to(found, "RESOLVE", { giveUp: true, watches: [], woken: false });
  return { ...found, phase: "watch" };
}

const estateOf = (answer: Answer): Estate | null =>
  answer.ok && answer.data !== "" ? (JSON.parse(answer.data) as Estate) : null;

/** Goes on as the first if the one before was granted; else its place is found again. */
export function hearEstate(c: Client, t: Terms, answer: Answer): Client {
  const estate = estateOf(answer);
  const next = t.has("HEIR-NEXT") ? estate?.of === c.ahead : estate !== null;
  if (!estate || !next || estate.of.includes(uuid(c))) return to(c, "PLACE");
  const { lock, holders } = estate;
  const heir = { ...c, first: true, lock };
  const slot = lock.max === t.max ? freeBeside(holders, t) : null;
  if (slot === null) return to(heir, "EVAL");
  const sight = JSON.stringify(holders);
  return to(heir, "TAKE", { slot, recreate: false, sight });
}

/** The slot that may be taken if nobody holds but those. */
function freeBeside(holders: readonly Heirloom[], t: Terms): number | null {
  const near = ({ owner, group }: Heirloom) =>
    owner === t.owner || group === t.group;
  const failed = holders.filter((heirloom) => heirloom.failed).length;
  if (holders.some(near) || failed >= t.maxFailures) return null;
  const used = new Set(holders.map(({ slot }) => slot));
  for (let slot = 0; slot < t.max; slot++) if (!used.has(slot)) return slot;
  return null;
}
