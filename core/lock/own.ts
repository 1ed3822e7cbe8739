import { check, remove } from "../zookeeper/operations";
import type { Attempt } from "./attempt";
import { LockDataChanged } from "./errors";
import { grant } from "./grant";
import { readLock } from "./known-lock";
import { decodeHolder } from "./records";
import type { Step } from "./step";
import type { HolderRecord } from "./types";

/**
 * OWN: my owner already holds. While that run is alive: wait, and never join it,
 * for two runs would act on one machine. When it is gone: adopt what it left.
 */
export async function own(
  attempt: Attempt,
  slot: number,
  id: string,
): Promise<Step> {
  const { session } = attempt;
  const path = `${attempt.slotPath(slot)}/${id}`;
  // L before the record: a failure that comes between them makes the adoption fail
  attempt.lock ??= await readLock(attempt);
  const live = await attempt.definite(() =>
    session.getChildren(path, attempt.watcher),
  );
  if (live.code === "NO_NODE") return "LIST";
  if (live.children?.length) return "WAIT";
  const data = await attempt.definite(() => session.getData(path));
  if (data.code === "NO_NODE") return "LIST";
  attempt.expect(data, `reading ${path}`, "OK");
  const old = decodeHolder(data.data);
  const group =
    old?.group ??
    (
      await attempt.definite(() => session.getData(attempt.slotPath(slot)))
    ).data?.toString() ??
    "";
  if (group !== attempt.request.group) throw otherData(attempt, id, group);
  if (attempt.lock.hold) {
    attempt.lock = await readLock(attempt, attempt.watcher);
    return attempt.lock.hold ? "WAIT" : "LIST"; // L is newer than the record now
  }
  return adopt(attempt, slot, path, old, data.stat!.ctime);
}

async function adopt(
  attempt: Attempt,
  slot: number,
  path: string,
  found: HolderRecord | null,
  since: number,
): Promise<Step> {
  const lock = attempt.lock!;
  const fresh = attempt.record();
  const old: HolderRecord = found ?? { ...fresh, state: "failed" };
  const record: HolderRecord = {
    ...fresh,
    state: old.state === "held" ? "held" : "repairing",
    mirror: old.mirror, // made with the slot, whatever lock.chef says by now
    ...keep(old, "failure", "baseline", "runKey", "drained", "acting"),
  };
  const result = await grant(
    attempt,
    lock,
    slot,
    [
      check("lock", attempt.paths.lock, lock.version),
      remove("waiter", attempt.waiterPath(attempt.waiter!)),
      remove("old holder", path),
    ],
    { record, adopted: old },
  );
  if ("grant" in result) {
    const { ctime } = result.grant;
    if (ctime !== undefined) result.grant.adoptedAge = (ctime - since) / 1000;
    return result;
  }
  attempt.expect(
    result,
    `adopting ${path}`,
    ...(["BAD_VERSION", "NO_NODE", "NOT_EMPTY"] as const),
  );
  if (result.code === "BAD_VERSION" || result.wasInDoubt) attempt.lock = null;
  return "LIST";
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
      `bring it back to "${group}" for one run, or clear the holder: locked-action clear ${name} --holder ${id}`,
    ],
  );
}
