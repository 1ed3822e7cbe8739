import { isDeepStrictEqual } from "node:util";
import type { Session } from "../../zookeeper/session";
import { inTime, type Act } from "./act";
import { describeHolder, viewOf } from "../describe";
import { LockError } from "../errors";
import { describeLimitsProblem, sameLimits } from "../limits";
import {
  boundHistory,
  createHistory,
  historyRecord,
  recordInHistory,
} from "../tree/history";
import { readLockNode } from "../tree/lock-node";
import { pathsOf, type LockPaths } from "../tree/paths";
import { settledHolders } from "../tree/read-holders";
import type { LockData } from "../tree/records";
import { refusal } from "../tree/refusal";
import { settle, type Until } from "../tree/settle";
import { writeLock } from "../tree/transactions";
import type { HistoryRecord, Limits } from "../types";

/** What L is to be, and what must hold below it at that moment. */
interface Decision {
  data: LockData;
  emptySlots?: EmptySlot[];
}

/** A slot in which nobody may be, and whether its node is there. */
interface EmptySlot {
  path: string;
  exists: boolean;
}

type Decide = (
  data: LockData,
  until: Until,
) => Decision | null | Promise<Decision | null>;

/** Nobody new is granted until `unhold`; those who hold go on. */
export async function hold(
  session: Session,
  lock: string,
  { by, why }: Act,
): Promise<void> {
  const since = new Date(session.system.date()).toISOString();
  const ours = { by, why, since };
  await change(
    session,
    lock,
    // after a lost answer it may be there already, and would stand in history twice
    (data) =>
      isDeepStrictEqual(data.hold, ours)
        ? null
        : { data: { ...data, hold: ours } },
    historyRecord(session, { kind: "hold", reason: why }, by),
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
    (data) => (data.hold ? { data: { ...data, hold: null } } : null),
    historyRecord(session, { kind: "unhold", reason: why }, by),
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
  const problem = describeLimitsProblem(wanted);
  if (problem) throw new LockError(problem);
  const decide: Decide = async (data, until) => {
    const limits = { ...data.limits, ...wanted };
    if (sameLimits(limits, data.limits)) return null;
    const { maxHolders: max } = limits;
    const paths = pathsOf(lock);
    const holders = await settledHolders(session, paths, until);
    const above = holders.find(({ slot }) => slot >= max);
    if (above)
      throw new LockError(
        `max holders ${max}: slot ${above.slot} is held by ${describeHolder(viewOf(above, session.system.date()), session.system.date())}`,
        ["wait until it is released, then set it again"],
      );
    const emptySlots = await slotsFrom(session, paths, max, data, until);
    return { data: { ...data, limits }, emptySlots };
  };
  const said = Object.entries(wanted).map(([key, value]) => `${key} ${value}`);
  return change(
    session,
    lock,
    decide,
    historyRecord(
      session,
      { kind: "limits", reason: `${said.join(", ")}: ${why}` },
      by,
    ),
  );
}

/**
 * The lock no longer goes with any Chef lock, as far as it knows; a program that
 * still says so makes it known again.
 * @returns false if it went with none
 */
export async function forgetMirrors(
  session: Session,
  lock: string,
  { by, why }: Act,
): Promise<boolean> {
  return change(
    session,
    lock,
    (data) =>
      data.mirrors.length > 0 ? { data: { ...data, mirrors: [] } } : null,
    historyRecord(
      session,
      { kind: "limits", reason: `no Chef lock: ${why}` },
      by,
    ),
  );
}

/**
 * Fails if anybody takes a slot that is no longer to be: grants do not change
 * L, so its version alone does not tell.
 */
async function slotsFrom(
  session: Session,
  paths: LockPaths,
  from: number,
  { limits }: LockData,
  until: Until,
): Promise<EmptySlot[]> {
  const { reply } = await settle(session, until, () =>
    session.getChildren(paths.holders),
  );
  const count = Math.max(0, limits.maxHolders - from);
  return Array.from({ length: count }, (_, i) => {
    const name = String(from + i);
    const exists = reply.children?.includes(name) ?? false;
    return { path: `${paths.holders}/${name}`, exists };
  });
}

/** Reads L, decides, writes it under its version: every grant in flight fails. */
async function change(
  session: Session,
  lock: string,
  decide: Decide,
  record: HistoryRecord,
): Promise<boolean> {
  const paths = pathsOf(lock);
  return inTime(session, lock, async (until) => {
    let doubted = false;
    for (;;) {
      const known = await readLockNode(session, lock, until);
      if (!known)
        throw refusal({ code: "NO_NODE" }, `reading ${lock}`, session);
      const next = await decide(known, until);
      if (!next) return doubted; // so already, by our own unanswered write if there was one
      const written = await settle(session, until, () =>
        session.multi(
          writeLock(
            paths,
            next.data,
            known.version,
            next.emptySlots ?? [],
            recordInHistory(paths, record),
          ),
        ),
      );
      doubted ||= written.doubted;
      const { code, failed } = written.reply;
      if (code === "OK") {
        const created = written.reply.paths?.get("history");
        await boundHistory(session, paths, created);
        return true;
      }
      if (failed === "history") await createHistory(session, paths);
      else if (code !== "BAD_VERSION" && failed !== "slot")
        throw refusal(written.reply, `writing ${lock}`, session);
    }
  });
}
