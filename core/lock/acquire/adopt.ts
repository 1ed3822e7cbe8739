import { clearCommand } from "../../text/command";
import { placeOf } from "../describe";
import {
  adopt as adoptHolder,
  freeMirror,
  type Mirror,
} from "../tree/transactions";
import { LockDataChanged } from "../errors";
import { decodeHolder } from "../tree/records";
import type { Stat } from "../../zookeeper/replies";
import type { HolderRecord } from "../types";
import type { Attempt } from "./attempt";
import {
  allName,
  chefHalfFor,
  chefHolds,
  halfOf,
  mirrorFor,
} from "./chef-side";
import { grant } from "./grant";
import { createMirrorParents, readLock } from "./lock-known";
import type { Step } from "./step";

/** A holder of this owner without its run, as it was read. */
interface Found {
  slot: number;
  path: string;
  record: HolderRecord | null;
  stat: Stat;
}

/**
 * OWN: my owner already holds. While that run is alive: wait, and never join it,
 * for two runs would act on one machine (OWN-WAIT). When it is gone: adopt what it left.
 */
export async function adopt(
  attempt: Attempt,
  slot: number,
  id: string,
): Promise<Step> {
  const { session, request } = attempt;
  const path = `${attempt.slotPath(slot)}/${id}`;
  // L before the record: a failure that comes between them makes the adoption fail
  attempt.lock ??= await readLock(attempt);
  const live = await attempt.definite(() =>
    session.getChildren(path, attempt.watcher),
  );
  if (live.code === "NO_NODE") return "LIST";
  attempt.expect(live, `listing ${path}`, "OK");
  if (live.children?.length) return "WAIT";
  const data = await attempt.definite(() => session.getData(path));
  if (data.code === "NO_NODE") return "LIST";
  attempt.expect(data, `reading ${path}`, "OK");
  const record = decodeHolder(data.data);
  const group = record?.group ?? (await groupOf(attempt, slot));
  if (group === null) return "LIST";
  if (group !== request.group) throw otherData(attempt, id, group);
  if (attempt.lock.hold) {
    attempt.lock = await readLock(attempt, attempt.watcher); // HOLD-WATCH
    return attempt.lock.hold ? "WAIT" : "LIST"; // L is newer than the record now
  }
  return takeOver(attempt, { slot, path, record, stat: data.stat! });
}

/** Of a holder that says nothing of it itself; null: its slot is gone. */
async function groupOf(attempt: Attempt, slot: number): Promise<string | null> {
  const path = attempt.slotPath(slot);
  const reply = await attempt.definite(() => attempt.session.getData(path));
  attempt.expect(reply, `reading ${path}`, "OK", "NO_NODE");
  return reply.code === "OK" ? reply.data!.toString() : null;
}

async function takeOver(
  attempt: Attempt,
  { slot, path, record: found, stat }: Found,
): Promise<Step> {
  const lock = attempt.lock!;
  const fresh = attempt.record();
  const old: HolderRecord = found ?? { ...fresh, state: "failed" };
  const mirror = mirrorFor(attempt, found);
  const holder = attempt.newHolder(slot, {
    ...fresh,
    ...keep(old, "failure", "baseline", "runKey", "drained", "acting"),
    state: old.state === "held" ? "held" : "repairing", // REPAIRING
    mirror: mirror?.path,
  });
  if (!(await matesAgree(attempt, slot, path, mirror))) return "WAIT";
  const chef = await chefHalfFor(attempt, holder, mirror);
  if (chef === "others") return "WAIT";
  if (await hasOtherMirror(attempt, slot, found, mirror?.path ?? null))
    chef.push({ ...freeMirror(found!.mirror!)[0]!, as: "old mirror" });
  const operations = adoptHolder(
    holder,
    attempt.fromQueue(),
    { path, version: stat.version }, // ADOPT-VERSION
    chef,
  );
  const result = await grant(attempt, {
    lock,
    holder,
    operations,
    adopted: old,
  });
  if ("grant" in result) {
    const { ctime } = result.grant;
    if (ctime !== undefined)
      result.grant.adoptedAge = (ctime - stat.ctime) / 1000;
    return result;
  }
  attempt.expect(
    result,
    `adopting ${path}`,
    ...(["BAD_VERSION", "NO_NODE", "NOT_EMPTY", "NODE_EXISTS"] as const),
  );
  if (result.failed === "lock" || result.wasInDoubt) attempt.lock = null;
  if (result.failed === "mirror") {
    if (result.code === "NO_NODE")
      await createMirrorParents(attempt, mirror!.path);
    if (result.code === "NODE_EXISTS") await chefHolds(attempt, mirror!.path);
  }
  return "LIST";
}

/** Whether all others in the slot name the same Chef lock, or none; else their leaving is watched. */
async function matesAgree(
  attempt: Attempt,
  slot: number,
  old: string,
  mirror: Mirror | null,
): Promise<boolean> {
  const { session, watcher } = attempt;
  const at = attempt.slotPath(slot);
  const listed = await attempt.definite(() => session.getChildren(at));
  const others = (listed.children ?? []).filter((id) => `${at}/${id}` !== old);
  if (others.length === 0) return true;
  const records = await Promise.all(
    others.map((id) =>
      attempt.definite(() => session.getData(`${at}/${id}`, watcher)),
    ),
  );
  const members = records
    .filter(({ code }) => code === "OK")
    .map(({ data }) => ({ record: decodeHolder(data) }));
  return allName(mirror, members);
}

/** Whether the slot was made with a Chef lock that L names and this run has not: it goes with the adoption. */
async function hasOtherMirror(
  attempt: Attempt,
  slot: number,
  found: HolderRecord | null,
  wanted: string | null,
): Promise<boolean> {
  const path = found?.mirror;
  if (path === undefined || path === wanted) return false;
  if (!attempt.lock!.mirrors.includes(path)) return false;
  return (await halfOf(attempt, slot, path)) === "ours";
}

function keep<K extends keyof HolderRecord>(
  record: HolderRecord,
  ...keys: K[]
): Partial<Pick<HolderRecord, K>> {
  const kept = keys.filter((key) => record[key] !== undefined);
  return Object.fromEntries(kept.map((key) => [key, record[key]])) as Partial<
    Pick<HolderRecord, K>
  >;
}

function otherData(
  attempt: Attempt,
  id: string,
  group: string,
): LockDataChanged {
  const { name, group: asked } = attempt.request;
  return new LockDataChanged(
    `lock ${name}: our own holder ${id} has lock data "${group}", and lock.data is now "${asked}"`,
    [
      `bring it back to "${group}" for one run, or clear the holder: ${clearCommand(placeOf(attempt.session, attempt.paths.lock), name, id)}`,
    ],
    group,
  );
}
