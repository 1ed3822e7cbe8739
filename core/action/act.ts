import type { HolderRecord } from "../lock/types";
import { bootOf } from "../process/boot";
import type { RunResult, Script } from "../ssh/types";
import { goOn, type Context } from "./context";
import { ending, exitOf, printed, StepFailure } from "./failure";
import { guard } from "./guard";
import { awaitBoot, rebootScript, wasRefused } from "./reboot";
import { recover } from "./recover";
import { ownEnvironment, rights } from "./script";
import { serviceScript } from "./service";
import { shortId } from "./last-run";
import type { Tenure } from "./tenure";

/** All that a holder says of a run: replaced as a whole, so that it never tells of two. */
export type Note = Required<Pick<HolderRecord, "runKey" | "drained">> &
  Pick<HolderRecord, "baseline" | "acting">;

/**
 * Runs the action, once. Returns normally if it ended well, or if only a look can
 * tell: then `journal.phase` still says "attempted" and there is a process to look at.
 */
export async function act(
  context: Context,
  tenure: Tenure,
  note: (more: Partial<Note>) => Note,
  canLook: boolean,
): Promise<void> {
  const { spec, journal, deps } = context;
  // the quorum's last word, right before the act, that the lock is ours
  const acting = {
    run: context.runId,
    runKey: spec.runKey,
    since: deps.clock.date().toISOString(),
    deadline: spec.act.timeout,
  };
  await tenure.record(note({ acting }));
  // who has drained finishes: the host must not be left out of service
  if (!journal.touched) goOn(context, "act");
  context.say("act", doing(context));
  const { keep, touched, begun, phase, act } = journal;
  Object.assign(journal, { keep: true, touched: true, begun: true });
  Object.assign(journal, { phase: "attempted", act: shortId(context.runId) });
  const since = deps.clock.now();
  const reboots = spec.act.kind === "reboot";
  let result = await context.link.host.run(actScript(context));
  // the link of a host that reboots is lost as a rule
  if (!reboots && result.kind === "unknown" && result.started !== false)
    result = await recover(context, result, since, canLook);
  noteGuard(context, result);
  if (result.started === false) {
    // as if it had never been asked for
    Object.assign(journal, { keep, touched, begun, phase, act });
    // a doubt that stays in the holder only costs another look
    await tenure.record(note({})).catch(() => {});
    throw notBegun(context, result);
  }
  if (!reboots || wasRefused(result)) return judge(context, result);
  await awaitBoot(context, bootBefore(context), since);
  journal.phase = "acted";
}

/** The host says in its own name where it can't keep two runs apart. */
function noteGuard(context: Context, { stderr }: RunResult): void {
  const note = /^locked-action: (this host .*two runs could act at once)$/m;
  const [, problem] = note.exec(stderr) ?? [];
  if (problem) context.warnings.push(problem);
}

function notBegun(context: Context, result: RunResult): StepFailure {
  const exit = exitOf(result);
  // what is printed then comes from sudo or the guard, not from the command
  const said = printed(context, result);
  return new StepFailure(
    "act",
    `${named(context)} was not begun: ${ending(result)}`,
    {
      story: said,
      ...(exit === undefined ? {} : { exit }),
      summary: "it was not begun",
    },
  );
}

function judge(context: Context, result: RunResult): void {
  const { journal } = context;
  const exit = exitOf(result);
  if (exit !== undefined) journal.exitCode = exit;
  if (result.stdout || result.stderr)
    journal.output = { stdout: result.stdout, stderr: result.stderr };
  if (result.kind === "unknown") return; // recover says that a look can tell
  if (exit === 0) {
    journal.phase = "acted";
    return;
  }
  throw new StepFailure("act", `${named(context)}: ${ending(result)}`, {
    story: printed(context, result),
    ...(exit === undefined ? {} : { exit }),
    summary: ending(result),
  });
}

function actScript(context: Context): Script {
  const { act } = context.spec;
  const common = {
    timeout: act.timeout,
    guard: guard(context),
    ...rights(act),
  };
  if (act.kind === "service") return { body: serviceScript(act), ...common };
  if (act.kind === "reboot")
    return { body: rebootScript(bootBefore(context)), ...common };
  return {
    body: act.command,
    environment: { ...act.environment, ...ownEnvironment(context) },
    ...(act.stdin === undefined ? {} : { stdin: act.stdin }),
    ...common,
  };
}

/** The boot that is to end, as it was recorded in the lock. */
function bootBefore({ journal }: Context): string {
  return bootOf(journal.baseline?.identities[0] ?? "");
}

function doing(context: Context): string {
  const { act } = context.spec;
  if (act.kind === "reboot") return "rebooting";
  return act.kind === "service"
    ? `${act.perform} ${act.service}`
    : "running the command";
}

/** What failed, without the command's text. */
function named(context: Context): string {
  const { act } = context.spec;
  if (act.kind === "reboot") return "the reboot";
  return act.kind === "service"
    ? `${act.perform} of ${act.service}`
    : "the command";
}
