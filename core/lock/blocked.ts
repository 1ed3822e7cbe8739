import type { Stat } from "../zookeeper/replies";
import type { Session } from "../zookeeper/session";
import type { Attempt } from "./attempt";
import { LockBlocked } from "./errors";
import type { HolderRecord, HolderView } from "./types";

/** A holder, as the first waiter reads it. */
export interface Member {
  id: string;
  path: string;
  slot: number;
  group: string;
  record: HolderRecord | null;
  /** A session of its run is there. */
  alive: boolean;
  stat: Stat;
}

export function countsAsFailed({ record }: Pick<Member, "record">): boolean {
  return record?.state === "failed" || record?.state === "repairing";
}

export function viewOf(member: Member): HolderView {
  const { id, path, slot, group, record, alive, stat } = member;
  const said = record?.state ?? "held";
  return {
    id,
    path,
    slot,
    group,
    record,
    state: said !== "held" ? said : alive ? "live" : "stale",
    age: Math.max(0, (Date.now() - stat.ctime) / 1000),
    fencingToken: stat.czxid.toString(),
  };
}

/** Those without whose owners no slot will come free: in each slot somebody who failed or is gone. */
export function blockers(members: Member[], slots: number): Member[] {
  const stuck = members.filter(isStuck);
  return new Set(stuck.map(({ slot }) => slot)).size === slots ? stuck : [];
}

/** Nobody works on it: it failed, or its run is gone. */
function isStuck({ record, alive }: Member): boolean {
  return record?.state === "failed" || !alive;
}

/** When this process first saw a holder without its run, or failed: its owner's grace runs from then. */
const seenStale = new WeakMap<Session, Map<string, number>>();

/**
 * Ends the wait if whoever blocks is failed or stale and its owner did not
 * come back in time; else says when to look again.
 * @throws LockBlocked
 */
export async function giveUpOn(attempt: Attempt, by: Member[]): Promise<void> {
  const { request } = attempt;
  if (request.onFailedHolder === "wait") return;
  if (by.length === 0 || !by.every(isStuck)) return;
  const ends = await Promise.all(by.map((member) => graceEnd(attempt, member)));
  const last = Math.max(...ends);
  if (last <= performance.now()) throw blockedBy(attempt, by[0]!);
  attempt.graceEnds = last;
}

/**
 * From the later of our arrival and the failure. Between the two lies what
 * ZooKeeper's own stamps say: no clock of another machine is asked.
 */
async function graceEnd(attempt: Attempt, member: Member): Promise<number> {
  const { session, startedAt, request } = attempt;
  const grace = request.ownerGrace * 1000;
  const failed = member.record?.state === "failed";
  const seen = firstSeen(session, member.path + (failed ? " failed" : ""));
  if (!failed) return seen + grace;
  if (attempt.arrival === null && attempt.waiter) {
    const reply = await session.exists(attempt.waiterPath(attempt.waiter));
    attempt.arrival = reply.stat?.ctime ?? null;
  }
  if (attempt.arrival === null) return seen + grace;
  const failedAt = attempt.queuedAt + member.stat.mtime - attempt.arrival;
  // no later than it was seen: that clock may have been put forward in between
  return Math.max(startedAt, Math.min(seen, failedAt)) + grace;
}

function staleOf(session: Session): Map<string, number> {
  let seen = seenStale.get(session);
  if (!seen) seenStale.set(session, (seen = new Map()));
  return seen;
}

function firstSeen(session: Session, what: string): number {
  const seen = staleOf(session);
  if (seen.size > 1000) seen.clear(); // long gone, most of them
  const since = seen.get(what) ?? performance.now();
  seen.set(what, since);
  return since;
}

/** Whose session is back is not stale any more. */
export function sawAlive(session: Session, members: Member[]): void {
  const seen = staleOf(session);
  for (const { path, alive } of members) if (alive) seen.delete(path);
}

function blockedBy(attempt: Attempt, member: Member): LockBlocked {
  const { name } = attempt.request;
  const view = viewOf(member);
  return new LockBlocked(
    `lock ${name}: blocked by ${describeHolder(view)}`,
    waysOn(name, view),
    view,
  );
}

/** `web1 (hdfs-datanode), failed 2 min ago in step verify: …` */
export function describeHolder(view: HolderView): string {
  const { record, state, age } = view;
  const who = record ? `${record.target} (${record.subject})` : view.id;
  if (!record?.failure)
    return `${who}, ${state} for ${describeAge(age)}${record ? `, ${record.action} by ${record.from}` : ""}`;
  const { step, exit, reason, at } = record.failure;
  const ago = describeAge((Date.now() - Date.parse(at)) / 1000);
  const how = exit === undefined ? "" : `, exit ${exit}`;
  return `${who}, ${state}: step ${step} failed ${ago} ago${how}: ${reason}`;
}

export function describeAge(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 120) return `${whole} s`;
  if (whole < 7200) return `${Math.round(whole / 60)} min`;
  if (whole < 172_800) return `${Math.round(whole / 3600)} h`;
  return `${Math.round(whole / 86_400)} days`;
}

/** What can be done about a holder that blocks. */
export function waysOn(name: string, { id, record }: HolderView): string[] {
  const again = record?.urn
    ? [`let its owner repair it: pulumi up --target '${record.urn}'`]
    : [];
  return [
    ...again,
    `see it: locked-action show ${name}`,
    `or, if it needs no repair, clear it: locked-action clear ${name} --holder ${id}`,
  ];
}
