import { acquire, describeChefHolder, describeHold, lockPath } from "../lock";
import { LockCancelled, LockDataChanged } from "../lock/errors";
import type { Held, LockRequest, WaitReport } from "../lock/types";
import { duration } from "../text/duration";
import type { SessionPool } from "../zookeeper/pool";
import { goOn, type Context } from "./context";
import { StepFailure, Stopped } from "./failure";
import { heldTenure, type Tenure } from "./tenure";
import { Turns } from "./turns";
import type { LockSpec } from "./types";

/** Seconds to reach ZooKeeper at all. */
const CONNECT_TIMEOUT = 60;

/** How often the lock data of an earlier run may turn out to be another. */
const OTHER_DATA = 3;

/** The turns of all actions of a process that skip their lock: a process has one pool of sessions. */
const turnsOf = new WeakMap<SessionPool, Turns>();

/** What is to be closed when the action is over, and the right to act. */
export interface Grant {
  tenure: Tenure;
  close(): Promise<void>;
}

/** Waits for the lock; a stale or failed holder of the same owner is adopted. */
export async function lock(context: Context): Promise<Grant> {
  await context.deps.turn?.();
  goOn(context, "lock");
  const grant = context.spec.lock.skip
    ? await withoutLock(context)
    : await withLock(context);
  const facts = grant.tenure.facts();
  if (facts) context.journal.lock = facts;
  return grant;
}

async function withLock(context: Context): Promise<Grant> {
  const { spec, deps } = context;
  const { servers, auth, timeout } = spec.lock;
  const { signal } = deps;
  context.say("lock", "asking ZooKeeper");
  const lease = await deps.sessions
    .lease(
      { servers, auth },
      { signal, timeout: Math.min(timeout, CONNECT_TIMEOUT) },
    )
    .catch((error: unknown) => {
      throw lockFailure(context, error);
    });
  try {
    const held = await acquireOwn(lease.session, request(context));
    return { tenure: heldTenure(held), close: () => lease.release() };
  } catch (error) {
    await lease.release();
    throw lockFailure(context, error);
  }
}

/**
 * What an earlier run left under other lock data goes on under that data: the host has to be mended
 * before anything else, whatever is wanted from then on.
 */
async function acquireOwn(
  session: Parameters<typeof acquire>[0],
  asked: LockRequest,
): Promise<Held> {
  for (let tries = 1; ; tries++) {
    try {
      return await acquire(session, asked);
    } catch (error) {
      const known = error instanceof LockDataChanged && error.group;
      if (!known || tries === OTHER_DATA) throw error;
      asked = { ...asked, group: known };
    }
  }
}

function request(context: Context): LockRequest {
  const { spec, deps, runId } = context;
  const { root, name, group, limits, chef, settleTimeout } = spec.lock;
  const { timeout, maxWait, retryInterval, ownerGrace, onFailedHolder } =
    spec.lock;
  return {
    root,
    name,
    group,
    limits,
    owner: spec.owner,
    facts: { ...spec.facts, run: runId, runKey: spec.runKey },
    ...{ timeout, maxWait, retryInterval, ownerGrace, onFailedHolder },
    ...(chef ? { chef } : {}),
    ...(settleTimeout === undefined ? {} : { settleTimeout }),
    signal: deps.signal,
    onWait: (wait) => context.say("lock", waiting(wait)),
  };
}

/** `place 2 of 3, held by web2 (failed at verify) for 35 s, 14 min 20 s left` */
export function waiting(wait: WaitReport): string {
  const holders = wait.holders.map(
    ({ record, id, state, age }) =>
      `${record?.target ?? id} (${standing(state, record?.failure?.step)}) for ${duration(age)}`,
  );
  return [
    `place ${wait.place} of ${wait.queued}`,
    ...(wait.hold ? [`on hold ${describeHold(wait.hold)}`] : []),
    ...(holders.length ? [`held by ${holders.join(", ")}`] : []),
    ...(wait.chef ? [`held by ${describeChefHolder(wait.chef)}`] : []),
    `${duration(wait.left)} left`,
  ].join(", ");
}

function standing(state: string, step: string | undefined): string {
  return state === "failed" && step ? `failed at ${step}` : state;
}

function lockFailure(context: Context, error: unknown): StepFailure {
  const { signal } = context.deps;
  if (error instanceof LockCancelled || (signal.aborted && !hasStory(error)))
    return new Stopped("lock", signal.reason);
  const message = error instanceof Error ? error.message : String(error);
  // the step's name is said already
  return new StepFailure("lock", message.replace(/^lock /, ""), {
    story: hasStory(error) ? error.story : [],
    cause: error,
  });
}

function hasStory(error: unknown): error is Error & { story: string[] } {
  return error instanceof Error && "story" in error;
}

/** Without ZooKeeper: only inside this process at most `maxHolders` act at once. */
async function withoutLock(context: Context): Promise<Grant> {
  const { lock } = context.spec;
  context.warnings.push(
    `the lock ${lock.name} was skipped (lock.skip): nothing kept others from acting at the same time`,
  );
  context.say("lock", "SKIPPED: acting without the lock");
  const give = await turn(context, lock);
  const nothing = async () => {};
  return {
    tenure: {
      adopted: null,
      adoptedAge: () => null,
      record: nothing,
      release: async () => ({ lostMirror: null }),
      fail: nothing,
      abandon: nothing,
      facts: () => undefined,
      where: () => null,
    },
    close: async () => give(),
  };
}

async function turn(context: Context, lock: LockSpec): Promise<() => void> {
  const { deps } = context;
  const late = new AbortController();
  const timer = new AbortController();
  void deps.clock.wait(lock.maxWait, timer.signal).then(() => {
    if (timer.signal.aborted) return;
    late.abort(new Error(`no turn in ${duration(lock.maxWait)}`));
  });
  const path = lockPath(lock.root, lock.name);
  const turns = turnsOf.get(deps.sessions) ?? new Turns();
  turnsOf.set(deps.sessions, turns);
  try {
    return await turns.take(
      path,
      lock.limits.maxHolders,
      AbortSignal.any([deps.signal, late.signal]),
    );
  } catch (error) {
    if (deps.signal.aborted) throw new Stopped("lock", deps.signal.reason);
    throw lockFailure(context, error);
  } finally {
    timer.abort();
  }
}
