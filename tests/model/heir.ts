/**
 * What a granted waiter leaves to the next one of its process. The process's
 * memory stands beside the tree as a node that its grant writes: the next one
 * reads it no earlier than it sees its predecessor gone.
 */
import type { Answer } from "./answer";
import { holder, resume, to, uuid, type Client, type Terms } from "./client";
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
  /** The waiter that was granted; "": it did not wait. */
  of: string;
  lock: LockView;
  /** H's version with this grant. */
  count: number;
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
  const estate: Estate = { of, lock, count: c.count + 1, holders };
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
 * Who stands right behind one whose grant is under way asks for another slot at once, as its heir, and names the
 * holder that the other is to be. Null: it does not.
 */
export function rightBehind(
  a: Client,
  ta: Terms,
  b: Client,
  tb: Terms,
): Client | null {
  if (a.step !== "TAKE" || a.phase !== "" || a.refusal || a.gd) return null;
  if (b.step !== "WAIT" || b.first || b.ahead !== a.waiter) return null;
  if (a.lock?.max !== tb.max) return null;
  const holders = holdersWith(a, ta, false);
  const slot = freeBeside(holders, tb);
  if (slot === null) return null;
  return to(resume(b), "TAKE", {
    ...{ slot, recreate: false, lock: a.lock, count: a.count + 1 },
    sight: JSON.stringify(holders),
    behind: holder(a, ta),
  });
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

export const estateOf = (answer: Answer): Estate | null =>
  answer.ok && answer.data !== "" ? (JSON.parse(answer.data) as Estate) : null;

/** Goes on as the first if the one before was granted; else its place is found again. */
export function hearEstate(c: Client, t: Terms, answer: Answer): Client {
  const estate = estateOf(answer);
  const next = t.has("HEIR-NEXT") ? estate?.of === c.ahead : estate !== null;
  if (!estate || !next || estate.of.includes(uuid(c))) return to(c, "PLACE");
  const { lock, count, holders } = estate;
  const heir = { ...c, first: true, lock };
  const slot = lock.max === t.max ? freeBeside(holders, t) : null;
  if (slot === null) return to(heir, "EVAL");
  const sight = JSON.stringify(holders);
  return to(heir, "TAKE", { slot, recreate: false, sight, count });
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

/**
 * FAST, with what the process knows: nobody holds any more, so FAST it is; others do, so BESIDE them if nobody was
 * granted since; or there is no place.
 */
export function hearMemory(c: Client, t: Terms, answer: Answer): Client {
  const estate = estateOf(answer);
  if (!estate || c.lock?.max !== t.max) return { ...c, phase: "free" };
  if (estate.lock.v !== c.lock.v) return to(c, "QUEUE");
  const { count, holders } = estate;
  return { ...c, phase: "slots", count, sight: JSON.stringify(holders) };
}

/** Whose slot is not there has left: the process knows of its own releases. */
export function hearSlots(c: Client, t: Terms, answer: Answer): Client {
  const names = answer.ok ? answer.names : [];
  const left = holdersIn(c.sight).filter(({ slot }) =>
    names.includes(String(slot)),
  );
  const alone = { ...c, sight: "", count: 0 };
  if (left.length === 0) return { ...alone, phase: "free" };
  const slot = freeBeside(left, t);
  if (slot === null) return to(alone, "QUEUE");
  return { ...c, phase: "beside", slot, sight: JSON.stringify(left) };
}

/** One who stands while nobody else was granted. */
export const companion = (c: Client): string =>
  holdersIn(c.sight).at(-1)?.path ?? "";
