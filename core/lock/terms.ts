import { isDeepStrictEqual } from "node:util";
import { create, remove, set, type Operation } from "../zookeeper/operations";
import type { Session } from "../zookeeper/session";
import { inTime, type Act } from "./act";
import { refusal } from "./refusal";
import { describeHolder, viewOf } from "./blocked";
import { LockError } from "./errors";
import { sameLimits } from "./fast";
import {
  createHistory,
  historyRecord,
  recordInHistory,
  trimHistory,
} from "./history";
import { settledHolders } from "./members";
import { readLockNode } from "./lock-node";
import { pathsOf, type LockPaths } from "./paths";
import { encodeLock, type LockData } from "./records";
import { settle, type Until } from "./settle";
import type { HistoryRecord, Limits } from "./types";

/** What L is to be, and what must hold below it at that moment. */
interface Decision {
  data: LockData;
  provided?: Operation[];
}

type Decide = (
  data: LockData,
  until: Until,
) => Decision | null | Promise<Decision | null>;

/** Nobody new is granted until `unhold`; who holds goes on. */
export async function hold(
  session: Session,
  lock: string,
  { by, why }: Act,
): Promise<void> {
  const ours = { by, why, since: new Date().toISOString() };
  await change(
    session,
    lock,
    // after a lost answer it may be there already, and would stand in history twice
    (data) =>
      isDeepStrictEqual(data.hold, ours)
        ? null
        : { data: { ...data, hold: ours } },
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
    (data) => (data.hold ? { data: { ...data, hold: null } } : null),
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
  const decide: Decide = async (data, until) => {
    const limits = { ...data.limits, ...wanted };
    if (sameLimits(limits, data.limits)) return null;
    const { maxHolders: max } = limits;
    const paths = pathsOf(lock);
    const holders = await settledHolders(session, paths, until);
    const above = holders.find(({ slot }) => slot >= max);
    if (above)
      throw new LockError(
        `max holders ${max}: slot ${above.slot} is held by ${describeHolder(viewOf(above))}`,
        ["wait until it is released, then set it again"],
      );
    const provided = await noSlots(session, paths, max, data, until);
    return { data: { ...data, limits }, provided };
  };
  const said = Object.entries(wanted).map(([key, value]) => `${key} ${value}`);
  return change(
    session,
    lock,
    decide,
    historyRecord({ kind: "limits", reason: `${said.join(", ")}: ${why}` }, by),
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
    historyRecord({ kind: "limits", reason: `no Chef lock: ${why}` }, by),
  );
}

/**
 * Fails if anybody takes a slot that is no longer to be: grants do not change
 * L, so its version alone does not tell.
 */
async function noSlots(
  session: Session,
  paths: LockPaths,
  from: number,
  { limits }: LockData,
  until: Until,
): Promise<Operation[]> {
  const { reply } = await settle(session, until, () =>
    session.getChildren(paths.holders),
  );
  const count = Math.max(0, limits.maxHolders - from);
  return Array.from({ length: count }, (_, i) => {
    const path = `${paths.holders}/${from + i}`;
    const empty = reply.children?.includes(String(from + i));
    return [
      ...(empty ? [] : [create("slot", path)]),
      remove("slot", path), // fails if somebody is in it
    ];
  }).flat();
}

/** Reads L, decides, writes it under its version: every grant in flight fails. */
async function change(
  session: Session,
  lock: string,
  decide: Decide,
  record: HistoryRecord,
): Promise<boolean> {
  const paths = pathsOf(lock);
  return inTime(lock, async (until) => {
    let doubted = false;
    for (;;) {
      const known = await readLockNode(session, lock, until);
      if (!known)
        throw refusal({ code: "NO_NODE" }, `reading ${lock}`, session);
      const next = await decide(known, until);
      if (!next) return doubted; // so already, by our own unanswered write if there was one
      const written = await settle(session, until, () =>
        session.multi([
          set("lock", lock, encodeLock(next.data), known.version),
          ...(next.provided ?? []),
          ...recordInHistory(paths, record),
        ]),
      );
      doubted ||= written.doubted;
      const { code, failed } = written.reply;
      if (code === "OK") {
        const created = written.reply.paths?.get("history");
        await trimHistory(session, paths, created);
        return true;
      }
      if (failed === "history") await createHistory(session, paths);
      else if (code !== "BAD_VERSION" && failed !== "slot")
        throw refusal(written.reply, `writing ${lock}`, session);
    }
  });
}
