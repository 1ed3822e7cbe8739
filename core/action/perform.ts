import type { Baseline } from "../lock/types";
import type { ProcessSpec } from "../process/types";
import { act, type Note } from "./act";
import { comparable, taken } from "./baseline";
import type { Context } from "./context";
import { drain, drainedBy } from "./drain";
import { lookTells } from "./expectation";
import { StepFailure } from "./failure";
import { gate } from "./gate";
import { health } from "./health";
import { lastRun } from "./last-run";
import { look, type Seen } from "./look";
import { isNeeded } from "./only-if";
import { awaitPredecessor } from "./predecessor";
import { planUnderLock, type Plan } from "./situation";
import type { Tenure } from "./tenure";
import type { Check, LastRun } from "./types";
import { undrain } from "./undrain";
import { verify, verifyAfterBoot } from "./verify";

/** What was done under the lock. */
export interface Done {
  outcome: "acted" | "alreadyRestarted" | "notNeeded";
  verifiedBy: Check[];
}

/** The steps under the lock, in their order. */
export async function perform(
  context: Context,
  tenure: Tenure,
  process: ProcessSpec | null,
  first: Seen | null,
): Promise<Done> {
  const { journal, spec } = context;
  const known = comparable(
    lastRun(spec.runKey, spec.debt, tenure.adopted, spec.skippedAt),
    process,
  );
  takeOver(context, tenure, known);
  const last = await awaitPredecessor(context, tenure, known);
  takeOver(context, tenure, last);
  const lockAge = tenure.adoptedAge(); // before the look: in doubt the lock is younger
  context.say("look", "looking again");
  const now = await look(context, process);
  const looks = { first, now, lockAge };
  const plan = planUnderLock(context, tenure, last, looks);
  const done =
    plan.kind === "act"
      ? await actNow(context, tenure, process, now, plan)
      : await actedBefore(context, process, plan);
  Object.assign(journal, { phase: "verified", verifiedBy: done.verifiedBy });
  const untouched = plan.kind === "undrain" || done.outcome === "notNeeded";
  if (untouched && now) journal.after = now.identities;
  await undrain(context);
  return done;
}

/** What the last run left counts like what this run would have noted itself. */
function takeOver(context: Context, { adopted }: Tenure, last: LastRun): void {
  const { journal, spec } = context;
  const own = last.of === "this" ? last : null;
  journal.phase = own?.phase ?? "owed";
  if (own) {
    const { baseline = journal.baseline, verifiedBy, act } = own;
    Object.assign(journal, { baseline, verifiedBy, act });
  } else delete journal.act;
  if (!adopted) return;
  // a resumed lock stays until all is well, whatever happens now
  journal.keep = true;
  if (adopted.drained && !journal.drained) {
    if (spec.undrain) journal.drained = true;
    else journal.drainedElsewhere = true;
  }
  if (adopted.acting) journal.begun = true;
}

async function actNow(
  context: Context,
  tenure: Tenure,
  process: ProcessSpec | null,
  now: Seen | null,
  plan: Extract<Plan, { kind: "act" }>,
): Promise<Done> {
  const { journal, spec } = context;
  if (plan.onlyIf && !(await isNeeded(context)))
    return { outcome: "notNeeded", verifiedBy: [] };
  if (plan.gate) await gate(context);
  const before: Baseline =
    process && now ? taken(process, now) : { identities: [] };
  if (now) {
    journal.baseline = before;
    journal.before = now.identities;
  }
  const note = (more: Partial<Note>) => ({
    runKey: spec.runKey,
    baseline: now ? before : undefined,
    drained: journal.drained || journal.drainedElsewhere,
    acting: tenure.adopted?.acting,
    ...more,
  });
  if (spec.drain) {
    const drained = drainedBy(context) || journal.drainedElsewhere;
    await tenure.record(note({ drained }));
    await drain(context, spec.drain);
  }
  await act(context, tenure, note, process !== null && lookTells(spec.act));
  const by: Check[] = exitCounts(context) ? ["exitCode"] : [];
  const seen = process ? await verify(context, process, before) : null;
  if (seen) by.push(shownBy(context));
  journal.phase = "acted";
  return {
    outcome: "acted",
    verifiedBy: await prove(context, process, seen, by),
  };
}

async function actedBefore(
  context: Context,
  process: ProcessSpec | null,
  plan: Exclude<Plan, { kind: "act" }>,
): Promise<Done> {
  const { journal } = context;
  context.say("verify", plan.why);
  journal.keep = true;
  const outcome = process ? "alreadyRestarted" : "acted";
  if (plan.kind === "undrain")
    return { outcome, verifiedBy: journal.verifiedBy ?? [] };
  journal.phase = "acted";
  const by: Check[] =
    journal.exitCode === 0 && exitCounts(context) ? ["exitCode"] : [];
  let seen: Seen | null = null;
  if (process && plan.proof) {
    const { before, expected } = plan.proof;
    journal.before = before.identities;
    seen = await verify(context, process, before, expected);
    if (seen) by.push(shownBy(context));
  }
  return { outcome, verifiedBy: await prove(context, process, seen, by) };
}

async function prove(
  context: Context,
  process: ProcessSpec | null,
  seen: Seen | null,
  by: Check[],
): Promise<Check[]> {
  if (seen) context.journal.after = seen.identities;
  const { health: probe, act, process: given } = context.spec;
  let watched = { process, seen };
  if (act.kind === "reboot" && given) {
    watched = { process: given, seen: await verifyAfterBoot(context, given) };
    by.push("process");
  }
  if (!probe) return by;
  await health(context, watched.process, watched.seen);
  return probe.asksNothing ? by : [...by, "health"];
}

/** The exit of a command that reboots says nothing. */
function exitCounts({ spec, journal }: Context): boolean {
  return spec.act.kind !== "reboot" && journal.phase === "acted";
}

function shownBy({ spec }: Context): Check {
  return spec.act.kind === "reboot" ? "boot" : "process";
}

/** Undrain after a failure: only where no act was begun, now or earlier; the host may be broken else. */
export async function undrainAfter(
  context: Context,
  failure: StepFailure,
): Promise<void> {
  const { journal } = context;
  if (!journal.drained || journal.begun) return;
  if (failure instanceof LockGone) return; // the host is not ours to touch
  try {
    // drain may have failed because the link was lost
    await context.link.redial({ tries: 1 });
    await undrain(context);
    failure.story.push("undrain was run: the host is in service again");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    failure.story.push(`undrain failed too: ${why}`);
  }
}

/** The lock is not ours any more. */
export class LockGone extends StepFailure {}
