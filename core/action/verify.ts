import type { Baseline } from "../lock/types";
import type { ProcessSpec, Sighting } from "../process/types";
import { duration } from "../text/duration";
import { baselineOf } from "./baseline";
import type { Context } from "./context";
import { describe, expectation, replaced } from "./expectation";
import { StepFailure } from "./failure";
import { sight, type Seen } from "./look";
import { describeMatches } from "./matches";
import { poll } from "./poll";

/** Seconds that processes get to appear after the act ended; with a health check it is that one's timeout. */
export const VERIFY_TIMEOUT = 10;
const VERIFY_INTERVAL = 0.25;
/** Seconds after a host is back from its reboot. */
const VERIFY_AFTER_BOOT = 300;

/** Looks until what the act should have brought about is seen. `null`: only systemd's own word says so. */
export async function verify(
  context: Context,
  process: ProcessSpec,
  before: Baseline,
  expected = expectation(
    context.spec.act,
    before,
    saidByUnit(context, process),
  ),
): Promise<Seen | null> {
  const { spec } = context;
  const [most, pause] =
    spec.act.kind === "reboot"
      ? [VERIFY_AFTER_BOOT, 1]
      : [VERIFY_TIMEOUT, VERIFY_INTERVAL];
  const timeout = spec.health?.timeout ?? most;
  const interval = Math.min(spec.health?.interval ?? 1, pause);
  let seen: Sighting = { kind: "unknown", reason: "not looked yet" };
  context.say("verify", `expecting ${expected.text}`);
  const holds = await poll(context, { interval, timeout }, async () => {
    seen = await sightAgain(context, process);
    return seen.kind === "seen" && expected.holds(seen);
  });
  const last = seen as Sighting; // set by the closure above
  if (last.kind === "seen") {
    context.journal.after = last.identities;
    if (holds) return expected.shown(last) ? last : null;
  }
  throw new StepFailure(
    "verify",
    `expected ${expected.text} within ${duration(timeout)}, saw ${describe(before, last)}`,
    {
      story: describeMatches(context, process, before.identities, last),
      summary: `expected ${expected.text}, saw ${describe(before, last)}`,
    },
  );
}

/** After a reboot: what runs is new, and is given the time that it takes to come up after the SSH server. */
export async function verifyAfterBoot(
  context: Context,
  process: ProcessSpec,
): Promise<Seen> {
  const { after } = context.journal;
  const none = { identities: [] };
  const seen = await verify(context, process, none, replaced(none));
  // what is recorded of a reboot is the boot
  if (after) context.journal.after = after;
  return seen!; // without the word of a service manager it is seen, or it throws
}

/** The act was on the unit that is watched, and systemd said that it was done: it waits for the end of one that runs once. */
function saidByUnit(
  { spec: { act }, journal }: Context,
  process: ProcessSpec,
): boolean {
  if (act.kind !== "service" || !("unit" in process)) return false;
  const name = (unit: string) => unit.replace(/\.service$/, "");
  return journal.phase === "acted" && name(act.service) === name(process.unit);
}

/** A look over a new connection, if the last one was lost. */
export async function sightAgain(
  context: Context,
  process: ProcessSpec,
): Promise<Sighting> {
  const seen = await sight(context, process);
  if (seen.kind === "seen") return seen;
  try {
    await context.link.redial({ tries: 1 });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { kind: "unknown", reason };
  }
  return sight(context, process);
}

/** Which of the processes that were there have gone. */
export function vanished(start: Seen, now: Seen): string[] {
  // what runs once has nothing that could stay
  if (start.ended) return [];
  if (baselineOf(start).invocationId !== baselineOf(now).invocationId)
    return start.identities;
  return start.identities.filter((id) => !now.identities.includes(id));
}
