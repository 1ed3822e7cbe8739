import type { Survey } from "../../core/action";
import type { Member } from "../../core/roll";
import { modeOf, specOf } from "../attempt";
import {
  keptState,
  lockToUse,
  standing as recorded,
  StillAtWork,
  type Standing,
} from "../kept";
import type { Runtime } from "../runtime";
import { SCHEMA_VERSION, type State } from "../state";
import { askOfPattern, type Looked } from "./ask";
import { decideHost, isDue as dueIn, type HostVerdict } from "./decide";
import {
  fleetLockPath,
  isGone,
  NOTHING,
  readEarlier,
  type Earlier,
} from "./earlier";
import type { Fleet } from "./fleet";
import { isDone, isDue, type HostRun } from "./known";
import { resumed, type Resumed } from "./resumed";
import { situationOf } from "./situation";
import type { FleetState } from "./state";

/** Seconds to reach ZooKeeper where nothing is due by the state. */
const UNASKED_TIMEOUT = 10;

/** Hosts looked at beside each other before a roll. */
const LOOKS = 16;

/** One host that is to be taken in hand. */
export interface Due {
  host: HostRun;
  /** What its run is to know: what only ZooKeeper knows of it is added. */
  state: State | null;
}

/** Who is to be taken in hand, and who turned out to need it no more. */
export interface LineUp {
  members: Member[];
  due: Map<string, Due>;
  /** Done by an earlier roll, and still as that one left them. */
  resumed: Resumed[];
  /** Perhaps done by an earlier roll: not to be acted on before somebody can look. */
  unsure: { host: HostRun; reason: string }[];
  /** Locks of killed runs on machines that are of the fleet no more. */
  strays: Standing[];
  /** Somebody of them takes the lock, so that its history has to know of the roll's end. */
  locked: boolean;
  /** What the lock's history says of an unfinished roll counts no more, and it could not be told so. */
  endUnrecorded: boolean;
}

/** Looks at ZooKeeper and at the hosts, and puts them in their order. @throws PatternInDoubt */
export async function lineUp(
  runtime: Runtime,
  fleet: Fleet,
  all: HostRun[],
  options: { before: FleetState | null; endFirst: boolean },
): Promise<LineUp> {
  const earlier = await whatIsKnown(runtime, fleet, all, options);
  const unasked = options.endFirst && earlier === NOTHING;
  const looked = await lookAtThem(runtime, all, earlier);
  const result: LineUp = {
    ...{ members: [], due: new Map(), resumed: [], unsure: [] },
    ...{ strays: straysOf(all, earlier), locked: false },
    endUnrecorded: unasked,
  };
  const verdicts = new Map<HostRun, HostVerdict>();
  for (const one of looked) verdicts.set(one.host, decideHost(one.situation));
  askOfPattern(looked.filter(({ host }) => verdicts.get(host) !== "skip"));
  for (const { host, record, survey } of looked) {
    const verdict = verdicts.get(host)!;
    if (verdict === "skip") continue;
    if (verdict === "found")
      result.resumed.push(resumed(fleet, host, record!, survey));
    else if (verdict === "unsure")
      result.unsure.push({ host, reason: reasonOf(survey) });
    else result.due.set(host.key, { host, state: known(fleet, host, earlier) });
    result.locked ||= takesLock(host);
    // what is done without the lock is later than all that its history says
    result.endUnrecorded ||= host.plan.lock.skip;
  }
  // with a state that is new, be it after one that was lost, a new roll begins
  result.endUnrecorded ||= !options.before && !result.locked;
  const due = looked.filter(({ host }) => result.due.has(host.key));
  const passed = canariesPassed(all, result);
  const canaries = Math.max(0, (fleet.canary?.count ?? 0) - passed);
  result.members = staged(due, verdicts, canaries);
  return result;
}

/** Where nothing is due by the state, an answer that is not to be had stops nothing. */
async function whatIsKnown(
  runtime: Runtime,
  fleet: Fleet,
  all: HostRun[],
  options: { before: FleetState | null; endFirst: boolean },
): Promise<Earlier> {
  if (!all.some(takesLock)) return NOTHING;
  const due = all.filter(isDue);
  const acts = due.some(takesLock);
  const patience = acts ? {} : { timeout: UNASKED_TIMEOUT };
  const asked = readEarlier(runtime, fleet, all, {
    ...{ ...options, due },
    ...patience,
  });
  if (acts) return asked;
  return asked.catch((error: unknown) => {
    if (error instanceof StillAtWork) throw error;
    const why = error instanceof Error ? error.message : String(error);
    runtime.status.warn(
      fleet.urn,
      `whether a killed run left something could not be asked: ${why}`,
    );
    return NOTHING;
  });
}

const STAGES = { holder: "holder", repair: "repair" } as const;

/** Those that hold already, the broken, the rest; the first of all that can stand for the others are canaries. */
function staged(
  due: Looked[],
  verdicts: Map<HostRun, HostVerdict>,
  canaries: number,
): Member[] {
  const members = due.map(({ host, standing }): Member => {
    const verdict = verdicts.get(host)!;
    const stage = STAGES[verdict as keyof typeof STAGES] ?? "rest";
    const group = standing?.lock.data ?? host.plan.lock.group;
    return { key: host.key, group, stage };
  });
  const able = new Set(
    due
      .filter(({ host }) => modeOf(host.plan, host.state) === "act")
      .map(({ host }) => host.key),
  );
  const order = ["holder", "repair", "rest"];
  const first = [...members]
    .sort((a, b) => order.indexOf(a.stage) - order.indexOf(b.stage))
    .filter(({ key }) => able.has(key))
    .slice(0, canaries);
  return members.map((member) =>
    first.includes(member) ? { ...member, canary: true } : member,
  );
}

function reasonOf(survey: Survey | undefined): string {
  return survey?.kind === "unseen" ? survey.reason : "";
}

function takesLock({ plan, state }: HostRun): boolean {
  return !plan.lock.skip && modeOf(plan, state) === "act";
}

/** Of those that may be due, and whose order it may change, or who may have been done before. */
async function lookAtThem(
  runtime: Runtime,
  all: HostRun[],
  earlier: Earlier,
): Promise<Looked[]> {
  const looked = all.map((host): Looked => {
    const record = earlier.done.get(host.plan.target);
    const standing = standingOf(host, earlier);
    return {
      ...{ host, record, standing, survey: undefined },
      situation: situationOf(host, earlier),
    };
  });
  const due = looked.filter(({ situation }) => dueIn(situation));
  const queue = due.filter(({ host, situation, record }) => {
    const { act, process } = host.plan;
    if (!process && act.kind === "command") return false;
    if (situation.left === "kept" || situation.left === "stale") return false;
    if (record && situation.record === "this") return true;
    // a boot that is gone is no fault
    if (act.kind === "reboot") return false;
    return due.length > 1 && situation.left === "nothing";
  });
  const looker = async () => {
    for (let one = queue.shift(); one; one = queue.shift()) {
      one.survey = await lookAt(runtime, one);
      one.situation = situationOf(one.host, earlier, one.survey);
    }
  };
  await Promise.all(Array.from({ length: LOOKS }, looker));
  return looked;
}

async function lookAt(
  runtime: Runtime,
  { host: { plan, state }, record }: Looked,
): Promise<Survey> {
  const { survey, hosts, sessions, systemClock: clock } = runtime.heavy();
  const { stop: signal, halt } = runtime;
  const spec = specOf(plan, state, lockToUse(plan, state));
  const recorded = record?.after ?? state?.processAfter;
  const report = () => {};
  const deps = { hosts, sessions, clock, signal, halt, report };
  return survey(spec, deps, recorded);
}

function standingOf(
  { plan }: HostRun,
  { standing }: Earlier,
): Standing | undefined {
  const own = standing.filter(({ owner }) => owner.target === plan.target);
  return own.find(({ owner }) => owner.subject === plan.subject) ?? own[0];
}

function straysOf(all: HostRun[], { standing }: Earlier): Standing[] {
  const targets = new Set(all.map(({ plan }) => plan.target));
  return standing.filter(({ owner }) => !targets.has(owner.target));
}

/** A lock that only ZooKeeper knows is gone on with like one that the state knows; one that only the state knows is none. */
function known(fleet: Fleet, host: HostRun, earlier: Earlier): State | null {
  const kept = recorded(host.state);
  if (kept && !isGone(earlier, kept)) return host.state;
  const state = host.state && { ...host.state };
  delete state?.kept;
  delete state?.keptAuth;
  const standing = standingOf(host, earlier);
  if (!standing) return state;
  // to be recorded alone: nothing is done under a lock
  if (!state && modeOf(host.plan, null) === "record") return null;
  const own = state ?? unknown(fleet, host);
  return { ...own, ...keptState(standing, "failed", own) };
}

/** Nothing is known of what was done on it. */
function unknown(fleet: Fleet, { plan }: HostRun): State {
  return {
    schemaVersion: SCHEMA_VERSION,
    target: plan.target,
    lock: { ...fleet.lock, data: plan.lock.group, path: fleetLockPath(fleet) },
    runKey: "",
    marks: {},
    verified: false,
  };
}

function canariesPassed(
  all: HostRun[],
  { due, resumed }: Pick<LineUp, "due" | "resumed">,
): number {
  const now = new Set(resumed.map(({ host }) => host.key));
  const before = all.filter(
    (host) =>
      host.canary && isDone(host) && !due.has(host.key) && !now.has(host.key),
  );
  return before.length + resumed.filter(({ canary }) => canary).length;
}
