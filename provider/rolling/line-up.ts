import type { Survey } from "../../core/action";
import { ownerKey } from "../../core/lock/tree/paths";
import type { HistoryRecord } from "../../core/lock/types";
import type { Member } from "../../core/roll";
import { modeOf, specOf } from "../attempt";
import { lockToUse } from "../kept";
import type { Runtime } from "../runtime";
import { SCHEMA_VERSION, type State } from "../state";
import { fleetLockPath, readEarlier, type Earlier } from "./earlier";
import type { Fleet } from "./fleet";
import { isDone, type HostRun } from "./known";

/** Hosts looked at beside each other before a roll. */
const LOOKS = 16;

/** Who is to be taken in hand, and who turned out to need it no more. */
export interface LineUp {
  members: Member[];
  /** Done by an earlier roll, and still as that one left them. */
  resumed: { host: HostRun; state: State; canary: boolean }[];
  /** Perhaps done by an earlier roll: not to be acted on before somebody can look. */
  unsure: { host: HostRun; reason: string }[];
  /** Somebody of them takes the lock, so that its history has to know of the roll's end. */
  locked: boolean;
}

/** Looks at ZooKeeper and at the hosts, and puts them in their order: the broken first, then the canaries. */
export async function lineUp(
  runtime: Runtime,
  fleet: Fleet,
  due: HostRun[],
  { all, endFirst }: { all: HostRun[]; endFirst: boolean },
): Promise<LineUp> {
  const locked = due.some(({ plan, state }) => takesLock(plan, state));
  const earlier = locked
    ? await readEarlier(runtime, fleet, { endFirst })
    : { done: new Map<string, HistoryRecord>(), holders: [] };
  const surveys = await lookAtThem(runtime, fleet, due, earlier);
  const result: LineUp = { members: [], resumed: [], unsure: [], locked };
  const left: { host: HostRun; broken: boolean }[] = [];
  for (const host of due) {
    const survey = surveys.get(host.key);
    const record = earlier.done.get(host.plan.target);
    const holds = holdsAlready(fleet, host, earlier);
    const verdict = record && !holds ? judge(record, survey) : "due";
    if (verdict === "done")
      result.resumed.push(resumed(fleet, host, record!, survey));
    else if (verdict === "unsure")
      result.unsure.push({ host, reason: reasonOf(survey) });
    else
      left.push({ host, broken: holds || owes(host) || isDown(host, survey) });
  }
  const passed = canariesPassed(all, result.resumed);
  const canaries = Math.max(0, (fleet.canary?.count ?? 0) - passed);
  result.members = staged(left, canaries);
  return result;
}

/** The broken first; of the others so many as canaries. */
function staged(
  hosts: { host: HostRun; broken: boolean }[],
  canaries: number,
): Member[] {
  let left = canaries;
  return hosts.map(({ host: { key, plan }, broken }) => {
    const stage = broken ? "repair" : left-- > 0 ? "canary" : "rest";
    return { key, group: plan.lock.group, stage };
  });
}

/** Whether what an unfinished roll says that it did still stands. */
function judge(
  record: HistoryRecord,
  survey: Survey | undefined,
): "done" | "unsure" | "due" {
  if (survey?.kind === "unseen") return "unsure";
  return isAsLeft(record, survey) ? "done" : "due";
}

function reasonOf(survey: Survey | undefined): string {
  return survey?.kind === "unseen" ? survey.reason : "";
}

function takesLock(plan: HostRun["plan"], state: State | null): boolean {
  return !plan.lock.skip && modeOf(plan, state) === "act";
}

/** Of those whose order it may change, or who may have been done before. */
async function lookAtThem(
  runtime: Runtime,
  fleet: Fleet,
  due: HostRun[],
  earlier: Earlier,
): Promise<Map<string, Survey>> {
  const worth = due.filter((host) => {
    const { act, process, target } = host.plan;
    if (!process && act.kind !== "service") return false;
    if (earlier.done.has(target)) return true;
    if (due.length === 1) return false;
    return !owes(host) && !holdsAlready(fleet, host, earlier);
  });
  const found = new Map<string, Survey>();
  const queue = [...worth];
  const looker = async () => {
    for (let host = queue.shift(); host; host = queue.shift())
      found.set(host.key, await lookAt(runtime, host));
  };
  await Promise.all(Array.from({ length: LOOKS }, looker));
  return found;
}

async function lookAt(
  runtime: Runtime,
  { plan, state }: HostRun,
): Promise<Survey> {
  const { survey, hosts, sessions, systemClock: clock } = runtime.heavy();
  const { stop: signal, halt } = runtime;
  const spec = specOf(plan, state, lockToUse(plan, state));
  const report = () => {};
  return survey(spec, { hosts, sessions, clock, signal, halt, report });
}

/** A failed or stale holder of its own owner, of whatever run. */
function holdsAlready(
  fleet: Fleet,
  { plan }: HostRun,
  { holders }: Earlier,
): boolean {
  const { target, subject } = plan;
  const key = ownerKey(fleetLockPath(fleet), { target, subject });
  return holders.some(
    ({ id, state }) => id.startsWith(`${key}-`) && state !== "live",
  );
}

function owes({ state }: HostRun): boolean {
  return state?.failure !== undefined || state?.kept !== undefined;
}

/** What could not be seen is not down. Who is to be stopped or started is not broken by being so. */
function isDown({ plan }: HostRun, survey: Survey | undefined): boolean {
  const { act } = plan;
  if (act.kind === "service" && ["start", "stop"].includes(act.perform))
    return false;
  return survey?.kind === "seen" && survey.identities?.length === 0;
}

/** The same processes as the record says; where there are none to know, the record is enough. */
function isAsLeft(
  { after = [] }: HistoryRecord,
  survey: Survey | undefined,
): boolean {
  const now = survey?.kind === "seen" ? survey.identities : null;
  if (!now) return true;
  return now.length === after.length && now.every((id) => after.includes(id));
}

function resumed(
  fleet: Fleet,
  host: HostRun,
  record: HistoryRecord,
  survey: Survey | undefined,
): LineUp["resumed"][0] {
  const { plan } = host;
  const seen = survey?.kind === "seen" && survey.identities !== null;
  const outcome = record.kind as "acted" | "alreadyRestarted";
  const state: State = {
    schemaVersion: SCHEMA_VERSION,
    target: plan.target,
    lock: { ...fleet.lock, data: plan.lock.group, path: fleetLockPath(fleet) },
    runKey: plan.runKey,
    marks: {},
    outcome,
    ...(record.after ? { processAfter: record.after } : {}),
    verified: seen,
    finishedAt: record.at,
  };
  return { host, state, canary: record.canary ?? false };
}

function canariesPassed(all: HostRun[], resumed: LineUp["resumed"]): number {
  const now = new Set(resumed.map(({ host }) => host));
  const before = all.filter(
    (host) => !now.has(host) && host.canary && isDone(host),
  );
  return before.length + resumed.filter(({ canary }) => canary).length;
}
