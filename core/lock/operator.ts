import { set } from "../zookeeper/operations";
import type { Session } from "../zookeeper/session";
import { refusal } from "./attempt";
import { describeHolder, viewOf, type Member } from "./blocked";
import { LockError, LockInDoubt, LockRefused } from "./errors";
import { sameLimits } from "./fast";
import { createHistory, historyRecord, recordInHistory } from "./history";
import { readHolders } from "./members";
import { pathsOf, type LockPaths } from "./paths";
import { decodeLock, encodeLock, type LockData } from "./records";
import { removeHolder } from "./remove-holder";
import { settle, Unsettled, within, type Until } from "./settle";
import type { HistoryEntry, HistoryRecord, Limits } from "./types";

/** Seconds in which an operator's act must be confirmed. */
const ACT = 30;

export interface Act {
  /** `user@machine` */
  by: string;
  why: string;
}

/**
 * Removes one holder, audited. A live one only with `forceLive`: its run goes
 * on and learns of it at its next step.
 * @returns false if it was gone already
 * @throws LockError if it is live, LockInDoubt
 */
export async function clear(
  session: Session,
  lock: string,
  holder: string,
  { by, why, forceLive = false }: Act & { forceLive?: boolean },
): Promise<boolean> {
  return inTime(lock, async (until) => {
    const member = await findHolder(session, lock, holder, until);
    if (!member) return false;
    if (member.alive && !forceLive)
      throw new LockError(
        `holder ${holder} is live: ${describeHolder(viewOf(member))}`,
        [
          "its run is at work, and would go on without the lock",
          "end that run, or wait for it; to clear it all the same: --force-live",
        ],
      );
    const { target, subject, urn } = member.record ?? {};
    const record = historyRecord(
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
    lock,
    async (until) => {
      const member = await findHolder(session, lock, holder, until);
      if (!member) return "gone";
      const { target, subject, urn, action, from = "" } = member.record ?? {};
      const record = historyRecord(
        { holder, target, subject, urn, action, ...entry },
        from,
      );
      const removed = await remove(session, lock, member, true, until, record);
      return removed ? "released" : "gone";
    },
    deadline,
  );
}

/** Nobody new is granted until `unhold`; who holds goes on. */
export async function hold(
  session: Session,
  lock: string,
  { by, why }: Act,
): Promise<void> {
  const since = new Date().toISOString();
  await change(
    session,
    lock,
    (data) => ({ ...data, hold: { by, why, since } }),
    historyRecord({ kind: "hold", reason: why }, by),
  );
}

/** @returns false if it was not on hold */
export async function unhold(
  session: Session,
  lock: string,
  { by, why }: Act,
): Promise<boolean> {
  return change(
    session,
    lock,
    (data) => (data.hold ? { ...data, hold: null } : null),
    historyRecord({ kind: "unhold", reason: why }, by),
  );
}

/**
 * Changes the lock's own limits.
 * @returns false if they are so already
 * @throws LockError while a slot at or above the new number is used
 */
export async function setLimits(
  session: Session,
  lock: string,
  wanted: Partial<Limits>,
  { by, why }: Act,
): Promise<boolean> {
  const decide = async (data: LockData) => {
    const limits = { ...data.limits, ...wanted };
    if (sameLimits(limits, data.limits)) return null;
    const holders = await readHolders(session, pathsOf(lock));
    const above = holders.find(({ slot }) => slot >= limits.maxHolders);
    if (above)
      throw new LockError(
        `max holders ${limits.maxHolders}: slot ${above.slot} is held by ${describeHolder(viewOf(above))}`,
        ["wait until it is released, then set it again"],
      );
    return { ...data, limits };
  };
  const said = Object.entries(wanted).map(([key, value]) => `${key} ${value}`);
  return change(
    session,
    lock,
    decide,
    historyRecord({ kind: "limits", reason: `${said.join(", ")}: ${why}` }, by),
  );
}

/** Reads L, decides, writes it under its version: every grant in flight fails. */
async function change(
  session: Session,
  lock: string,
  decide: (data: LockData) => LockData | null | Promise<LockData | null>,
  record: HistoryRecord,
): Promise<boolean> {
  const paths = pathsOf(lock);
  return inTime(lock, async (until) => {
    for (;;) {
      const { reply } = await settle(session, until, () =>
        session.getData(lock),
      );
      if (reply.code !== "OK") throw refusal(reply, `reading ${lock}`, session);
      const data = decodeLock(reply.data!);
      if (!data) throw new LockRefused(`${lock} is no lock`);
      const next = await decide(data);
      if (!next) return false;
      const written = await settle(session, until, () =>
        session.multi([
          set("lock", lock, encodeLock(next), reply.stat!.version),
          ...recordInHistory(paths, record),
        ]),
      );
      if (written.reply.code === "OK") return true;
      if (written.reply.failed === "history")
        await createHistory(session, paths);
      else if (written.reply.code !== "BAD_VERSION")
        throw refusal(written.reply, `writing ${lock}`, session);
      // after a lost answer it may be our own version: decided anew, it is the same
    }
  });
}

async function findHolder(
  session: Session,
  lock: string,
  holder: string,
  until: Until,
): Promise<Member | undefined> {
  const { reply } = await settle(session, until, () =>
    session.multi([{ kind: "check", as: "L", path: lock, version: -1 }]),
  ); // a barrier: a new session may read an old view
  if (reply.code === "NO_NODE") return undefined;
  const members = await readHolders(session, pathsOf(lock));
  return members.find(({ id }) => id === holder);
}

async function remove(
  session: Session,
  lock: string,
  { slot, id, record }: Member,
  refuseLive: boolean,
  until: Until,
  history: HistoryRecord,
): Promise<boolean> {
  const paths: LockPaths = pathsOf(lock);
  const mirror = record?.mirror ?? null;
  const holder = { paths, slot, id, lives: [], mirror, refuseLive };
  const result = await removeHolder(session, holder, until, history);
  return result === "removed";
}

async function inTime<T>(
  lock: string,
  act: (until: Until) => Promise<T>,
  seconds = ACT,
): Promise<T> {
  try {
    return await act(within(seconds));
  } catch (error) {
    if (!(error instanceof Unsettled)) throw error;
    throw new LockInDoubt(
      `${lock}: no answer from ZooKeeper in ${seconds} s: ${error.message}`,
      ["it may or may not have been done: look again, then repeat it"],
      lock,
    );
  }
}
