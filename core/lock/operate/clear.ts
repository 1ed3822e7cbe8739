import type { Session } from "../../zookeeper/session";
import { inTime, type Act } from "./act";
import { slotMirror } from "../chef/slot-mirror";
import { describeHolder, viewOf } from "../describe";
import { LockError } from "../errors";
import { removeHolder, type Removal } from "../holder/remove-holder";
import { isOpenToOthers } from "../tree/closed";
import { historyRecord } from "../tree/history";
import { pathsOf, type LockPaths } from "../tree/paths";
import { settledHolders } from "../tree/read-holders";
import { readLockNode } from "../tree/lock-node";
import type { Until } from "../tree/settle";
import type { HistoryEntry, HistoryRecord, Member } from "../types";

/**
 * Removes one holder, audited. A live one only with `forceLive`: its run goes
 * on and learns of it at its next step.
 * @throws LockError if it is live, LockInDoubt
 */
export async function clear(
  session: Session,
  lock: string,
  holder: string,
  { by, why, forceLive = false }: Act & { forceLive?: boolean },
): Promise<Removal> {
  return inTime(session, lock, async (until) => {
    const member = await findHolder(session, lock, holder, until);
    if (!member) return "gone";
    if (member.alive && !forceLive)
      throw new LockError(
        `holder ${holder} is live: ${describeHolder(viewOf(member, session.system.date()), session.system.date())}`,
        [
          "its run is at work, and would go on without the lock",
          "end that run, or wait for it; to clear it all the same: --force-live",
        ],
      );
    const { target, subject, urn } = member.record ?? {};
    const record = historyRecord(
      session,
      { kind: "cleared", holder, target, subject, urn, reason: why },
      by,
    );
    const refuseLive = !forceLive;
    return remove(session, lock, member, refuseLive, until, record);
  });
}

/**
 * Gives back a lock that an earlier run kept: exactly that holder and no other.
 * Cleared or adopted meanwhile counts as given back.
 * @throws LockError if a run is at work under it, LockInDoubt
 */
export async function releaseKept(
  session: Session,
  { lock, holder }: { lock: string; holder: string },
  entry: HistoryEntry,
  { deadline }: { deadline: number },
): Promise<"released" | "gone"> {
  return inTime(
    session,
    lock,
    async (until) => {
      const member = await findHolder(session, lock, holder, until);
      if (!member) return "gone";
      const { target, subject, urn, action, from = "" } = member.record ?? {};
      const record = historyRecord(
        session,
        { holder, target, subject, urn, action, ...entry },
        from,
      );
      const removed = await remove(session, lock, member, true, until, record);
      return removed === "gone" ? "gone" : "released";
    },
    deadline,
  );
}

async function findHolder(
  session: Session,
  lock: string,
  holder: string,
  until: Until,
): Promise<Member | undefined> {
  const holders = await settledHolders(session, pathsOf(lock), until);
  return holders.find(({ id }) => id === holder);
}

async function remove(
  session: Session,
  lock: string,
  { slot, id, record }: Member,
  refuseLive: boolean,
  until: Until,
  history: HistoryRecord,
): Promise<Removal> {
  const paths: LockPaths = pathsOf(lock);
  const known = await readLockNode(session, lock, until);
  const mirrors = known?.mirrors ?? [];
  // CLEAR-MIRROR: only what L names, if L can be believed, and what was made with this slot
  const open = await isOpenToOthers(session, paths, until);
  const told = open ? [] : mirrors;
  const mirror = await slotMirror(session, paths, slot, told, until);
  const holder = { paths, slot, id, lives: [], mirror, refuseLive };
  const removal = await removeHolder(session, holder, until, history);
  const named = record?.mirror;
  const lost =
    named !== undefined && mirrors.includes(named) && named !== mirror;
  return removal === "removed" && lost ? "withoutMirror" : removal;
}
