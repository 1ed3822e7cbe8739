import type { z } from "zod";
import type {
  HistoryRecord,
  HolderRecord,
  HolderView,
  LockView,
  WaiterView,
} from "../core/lock";
import { blockedBy } from "./lock-state";
import type { historyJson, holderJson, lockJson, waiterJson } from "./json";

export type LockJson = z.infer<typeof lockJson>;

/** A lock as `--json` prints it. */
export function lockToJson(lock: LockView): LockJson {
  const { name, path, limits, hold } = lock;
  return {
    ...{ name, path, limits, hold },
    blockedBy: blockedBy(lock),
    holders: lock.holders.map(holderToJson),
    chef: lock.chef.map(({ path, data, kind, age, since }) => ({
      ...{ path, data, kind, ageSeconds: age, since },
    })),
    waiters: lock.waiters.map(waiterToJson),
    withoutChef: lock.withoutChef,
    foreign: lock.foreign,
  };
}

export function holderToJson(view: HolderView): z.infer<typeof holderJson> {
  const { id, path, slot, group, state, age, fencingToken, record } = view;
  const failure = record?.failure;
  return {
    ...{ id, path, slot, group, state, ageSeconds: age, fencingToken },
    ...who(record),
    failure: failure ? { ...failure, exit: failure.exit ?? null } : null,
  };
}

function waiterToJson(
  { id, record, age }: WaiterView,
  index: number,
): z.infer<typeof waiterJson> {
  return { id, place: index + 1, ageSeconds: age, ...who(record) };
}

function who(record: HolderRecord | null) {
  return {
    target: record?.target ?? null,
    subject: record?.subject ?? null,
    urn: record?.urn ?? null,
    run: record?.run ?? null,
    by: record?.from ?? null,
    ci: record?.ci ?? null,
    action: record?.action ?? null,
    since: record?.since ?? null,
  };
}

export function historyToJson(
  lock: string,
  record: HistoryRecord,
): z.infer<typeof historyJson> {
  const { at, kind, by } = record;
  return {
    ...{ at, kind, lock },
    target: record.target ?? null,
    subject: record.subject ?? null,
    urn: record.urn ?? null,
    run: record.run ?? null,
    by,
    ci: record.ci ?? null,
    action: record.action ?? null,
    holder: record.holder ?? null,
    fencingToken: record.fencingToken ?? null,
    waitedSeconds: record.waited ?? null,
    heldSeconds: record.held ?? null,
    before: record.before ?? null,
    after: record.after ?? null,
    step: record.step ?? null,
    exit: record.exit ?? null,
    reason: record.reason ?? null,
    roll: record.roll ?? kind === "roll",
    canary: record.canary ?? false,
  };
}
