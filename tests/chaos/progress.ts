import { LOCKS } from "./locks";
import type { ChaosOptions } from "./run";
import { look, type Scene } from "./scene";

/** Milliseconds without a single cycle of a lock in which something must be stuck. */
const STUCK = 80_000;
/** Milliseconds for the first cycle of all: a loaded machine starts slowly. */
export const START = 120_000;
/** Milliseconds for a run once it has begun: at first, and for each cycle. A run always ends, and says why. */
const AT_FIRST = 140_000;
const EACH = 150;

export const timeOf = ({ cycles }: ChaosOptions) => AT_FIRST + cycles * EACH;

/** Who holds and who waits, for the message of a run that came to a stop. */
export async function tell(operators: Scene["operators"]): Promise<string> {
  const locks = await look(operators).catch((error: Error) => error.message);
  if (typeof locks === "string") return locks;
  const told = locks.map(({ name, holders, waiters, hold }) => {
    const by = holders.map(({ id, state }) => `${id} ${state}`).join(", ");
    const first = waiters[0] ? `, first ${waiters[0].id}` : "";
    const onHold = hold ? ", on hold" : "";
    return `${name}: held by ${by || "nobody"}, ${waiters.length} wait${first}${onHold}`;
  });
  return told.join("; ");
}

/** Enough, or stuck: then the storm ends too, and the run fails. */
export function watchProgress(
  options: ChaosOptions,
  got: (lock: string) => number,
): { over: () => boolean; stuck: () => string | null } {
  const { cycles: wanted, onProgress } = options;
  const began = performance.now();
  let started: number | null = null;
  const last = new Map(
    LOCKS.map(({ name }) => [name, { count: 0, since: Infinity }]),
  );
  let stuck: string | null = null;
  let told = 0;
  const over = () => {
    if (stuck !== null) return true;
    const now = performance.now();
    let sum = 0;
    for (const [name, seen] of last) {
      const count = got(name);
      sum += count;
      if (count > seen.count) last.set(name, { count, since: now });
      else if (now - seen.since > STUCK)
        stuck = `nobody got "${name}" in ${STUCK} ms, after ${count} times`;
    }
    if (sum > told) onProgress?.((told = sum));
    if (started === null && sum > 0) {
      started = now;
      for (const seen of last.values()) seen.since = now;
    }
    if (started === null && now - began > START)
      stuck = `nobody got any lock in ${START} ms`;
    if (started !== null && now - started > timeOf(options))
      stuck ??= `${sum} of ${wanted} cycles in ${timeOf(options)} ms`;
    return stuck !== null || sum >= wanted;
  };
  return { over, stuck: () => stuck };
}
