/** A client process: workers over shared sessions, each taking its lock again and again. Arguments: servers, journal, name, first worker, workers, seed. */
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import {
  acquire,
  LockBlocked,
  LockCancelled,
  LockInDoubt,
  LockLost,
  LockOnHold,
  LockTimeout,
  LockUnavailable,
  type Held,
  type LockRequest,
} from "../../core/lock";
import { parseServers } from "../../core/zookeeper/servers";
import { Session } from "../../core/zookeeper/session";
import { Dice } from "./dice";
import { Journal, now } from "./journal";
import { LOCKS, requestOf, type ChaosLock } from "./locks";

const [servers, file, name, first, count, seed] = process.argv.slice(2) as [
  string,
  string,
  ...string[],
];
const journal = new Journal(file, name!);
const dice = new Dice(Number(seed));
let stopping = false;

process.on("message", () => (stopping = true));
process.on("disconnect", () => process.exit(1)); // nobody is there any more
for (const fatal of ["uncaughtException", "unhandledRejection"] as const)
  process.on(fatal, (error: unknown) =>
    journal.write({ kind: "error", what: `${fatal}: ${describe(error)}` }),
  );

function describe(error: unknown): string {
  return error instanceof Error
    ? (error.stack ?? error.message)
    : String(error);
}

/** How this wait may end without the lock. */
function whims(): Partial<LockRequest> {
  if (stopping) return {};
  const die = dice.next();
  if (die < 0.08)
    return { signal: AbortSignal.timeout(Math.ceil(dice.between(1, 300))) };
  if (die < 0.14) return { timeout: dice.between(0.01, 0.5) };
  if (die < 0.2) return { onFailedHolder: "fail" };
  return {};
}

async function ask(
  session: Session,
  lock: ChaosLock,
  worker: number,
): Promise<Held | null> {
  const attempt = randomUUID();
  const request = requestOf(lock, worker, whims());
  const owner = request.owner.target;
  journal.write({ kind: "ask", attempt, lock: lock.name, owner });
  try {
    const held = await acquire(session, request);
    journal.write({
      ...{ kind: "hold", attempt, lock: held.lock, owner },
      ...{ group: request.group, holder: held.id, token: held.fencingToken },
    });
    process.send?.("cycle");
    return held;
  } catch (error) {
    const expected = [
      ...[LockTimeout, LockCancelled, LockBlocked, LockOnHold],
      ...[LockInDoubt, LockUnavailable],
    ];
    if (!expected.some((kind) => error instanceof kind))
      journal.write({ kind: "error", what: describe(error) });
    const why = (error as Error).name;
    journal.write({ kind: "gaveUp", attempt, why });
    return null;
  }
}

/** @returns whether the lock was given back */
async function use(held: Held): Promise<boolean> {
  const { id: holder } = held;
  await held.reassert();
  const since = now();
  journal.write({ kind: "act", holder });
  if (dice.chance(0.5)) await pause(dice.between(0, 10));
  const end = now();
  await held.reassert();
  journal.write({ kind: "acted", holder, since }, end);
  if (!stopping && dice.chance(0.03)) {
    const at = new Date().toISOString();
    await held.fail({ step: "act", reason: "chaos", at });
    journal.write({ kind: "failed", holder });
    return false;
  }
  if (!stopping && dice.chance(0.03)) {
    await held.abandon();
    journal.write({ kind: "left", holder });
    return false;
  }
  journal.write({ kind: "releasing", holder });
  const written = dice.chance(0.5);
  await held.release(written ? { kind: "acted" } : undefined);
  journal.write({ kind: "released", holder });
  return true;
}

/** Until it is told to stop and has once left everything clean: so what a killed one left is adopted and given back. */
async function work(
  session: Session,
  lock: ChaosLock,
  worker: number,
): Promise<void> {
  for (let clean = false; !stopping || !clean;) {
    clean = stopping;
    const held = await ask(session, lock, worker);
    if (!held) {
      clean = false;
      continue;
    }
    try {
      clean = (await use(held)) && clean;
    } catch (error) {
      const { id: holder } = held;
      clean = false;
      if (error instanceof LockLost) journal.write({ kind: "lost", holder });
      else journal.write({ kind: "error", what: describe(error) });
    }
    if (dice.chance(0.2)) await pause(dice.between(0, 20));
  }
}

function open(): Session {
  const session = new Session({
    servers: parseServers(servers),
    sessionTimeout: 1500,
    operationTimeout: 700,
  });
  session.on("connected", () => {
    const { client } = session as unknown as {
      client: { getSessionId(): Buffer };
    };
    const id = client.getSessionId().readBigUInt64BE(0).toString(16);
    journal.write({ kind: "session", session: id });
  });
  return session;
}

async function main(): Promise<void> {
  const sessions = [1, 2].map(() => open());
  await Promise.all(sessions.map((each) => each.ready({ within: 120_000 })));
  await Promise.all(
    Array.from({ length: Number(count) }, (_, i) => {
      const worker = Number(first) + i;
      const lock = LOCKS[worker % LOCKS.length]!;
      return work(sessions[i % sessions.length]!, lock, worker);
    }),
  );
  await Promise.all(sessions.map((each) => each.close()));
  journal.close();
  process.removeAllListeners("disconnect");
  process.disconnect();
}

void main();
