import { BOOT, bootOf } from "../process/boot";
import { look as lookAtHost } from "../process/look";
import type { Sighting } from "../process/types";
import type { RunResult } from "../ssh/types";
import { duration } from "../text/duration";
import { oneLine } from "../text/lines";
import type { Context } from "./context";
import { StepFailure } from "./failure";
import { LOOK_TIMEOUT } from "./look";
import { rights } from "./script";

/** Seconds between two questions whether the host is back. */
const ASK_AGAIN = 2;
/** Seconds that the last one may take. */
const LAST_LOOK = 60;

const BOOT_ID = /^[0-9a-f-]{36}$/;

/**
 * A script that reboots the host, by systemd where it runs, else by `shutdown`, else by `reboot`. It is bound to the boot that
 * it is to end: however late it comes, and however often it is sent, no later boot is ended by it.
 */
export function rebootScript(boot: string): string {
  if (!BOOT_ID.test(boot)) throw new Error("not the id of a boot");
  return `PATH=$PATH:/usr/sbin:/sbin
IFS= read -r boot </proc/sys/kernel/random/boot_id
if [ "$boot" != '${boot}' ]; then
  echo 'it was rebooted meanwhile' >&2
  exit 0
elif [ -d /run/systemd/system ]; then
  exec systemctl --no-ask-password reboot
elif command -v shutdown >/dev/null 2>&1; then
  exec shutdown -r now
fi
exec reboot
`;
}

/** Exits by which a shell tells the signals that end all processes of a host that goes down. */
const BY_SIGNAL = { from: 129, to: 192 };

/** How the script ended says no more than that the reboot was refused: one that works may end the script with all else. */
export function wasRefused(result: RunResult): boolean {
  if (result.kind !== "exit" || result.code === 0) return false;
  return result.code < BY_SIGNAL.from || result.code > BY_SIGNAL.to;
}

/**
 * Waits until the host answers in another boot than this one. The link is lost on the way, and is dialled again and again;
 * also a login that is refused is no end: hosts let nobody in while they go down or come up. @throws StepFailure
 */
export async function awaitBoot(
  context: Context,
  before: string,
  since: number,
): Promise<void> {
  const { clock } = context.deps;
  const { timeout } = context.spec.act;
  const over = since + timeout;
  const late = new AbortController();
  const timer = new AbortController();
  // a look that was begun in time has its own time to end
  void clock.wait(timeout + LAST_LOOK, timer.signal).then(() => late.abort());
  let left = since;
  let last: Sighting | undefined;
  try {
    for (;;) {
      last = await sightBoot(context, late.signal);
      if (last.kind === "seen" && bootOf(last.identities[0]!) !== before)
        return;
      if (last.kind === "seen") left = clock.now();
      if (clock.now() >= over) break;
      const away = duration(clock.now() - left);
      context.say(
        "act",
        last.kind === "seen"
          ? "waiting for the host to go down"
          : `the host is away for ${away}`,
      );
      await clock.wait(Math.min(ASK_AGAIN, over - clock.now()));
    }
  } finally {
    timer.abort();
  }
  throw notBack(context, last, clock.now() - left);
}

/** One try to get an answer. */
async function sightBoot(
  context: Context,
  signal: AbortSignal,
): Promise<Sighting> {
  try {
    await context.link.redial({ tries: 1, signal });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { kind: "unknown", reason };
  }
  const { act } = context.spec;
  const options = { timeout: LOOK_TIMEOUT, signal, ...rights(act) };
  return lookAtHost(context.link.host, BOOT, options);
}

function notBack(
  { spec, redact }: Context,
  last: Sighting,
  away: number,
): StepFailure {
  const within = duration(spec.act.timeout);
  if (last.kind === "seen")
    return new StepFailure(
      "act",
      `the host answers, and has not rebooted within ${within}: its boot is still the same`,
      { summary: "it has not rebooted" },
    );
  return new StepFailure(
    "act",
    `the host has not come back within ${within}: it is away for ${duration(away)}`,
    {
      story: [`last try: ${oneLine(redact(last.reason))}`],
      summary: `it has not come back from its reboot: away for ${duration(away)}`,
    },
  );
}
