/** A client process: workers over shared sessions, each taking its lock again and again. Arguments: servers, journal, name, first worker, workers, seed. */
import { randomUUID } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import {
  acquire,
  LimitsDisagree,
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
import { AUTH, lockOf, requestOf, type ChaosLock } from "./locks";

const ENDS_OF_A_WAIT = [
  ...[LockTimeout, LockCancelled, LockBlocked, LockOnHold],
  ...[LockInDoubt, LockUnavailable],
];

function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.stack ?? error.message;
}

/** Share of acts that are long enough for a session to be lost meanwhile, or for an operator to clear their holder. */
const LONG = 0.006;
/** Milliseconds until a failure is repaired, and for which the repair goes on. */
const REPAIR = 300;
/** The first of them in each process, so that no run is without. */
const FIRST_LONG = 5;

/** What a client tells the process that started it. */
export type Told =
  { got: string } | { long: { lock: string; holder: string; until: number } };

const tell = (told: Told) => process.send?.(told);

class Workers {
  stopping = false;
  private acts = 0;

  constructor(
    private readonly servers: string,
    readonly journal: Journal,
    private readonly dice: Dice,
  ) {}

  /** The first two for everybody; the third has credentials. */
  open(of: number): Session {
    const session = new Session({
      servers: parseServers(this.servers),
      ...(of === 2 && { auth: AUTH }),
      // the second outlives what its clients have patience for
      sessionTimeout: of === 1 ? 4000 : 1500,
      operationTimeout: 700,
    });
    session.on("connected", () =>
      this.journal.write({
        ...{ kind: "session", session: session.sessionId, of },
        time: Date.now(),
      }),
    );
    return session;
  }

  /** How this wait may end without the lock. */
  private whims(): Partial<LockRequest> {
    const { dice, stopping } = this;
    if (stopping) return {};
    const die = dice.next();
    if (die < 0.08)
      return { signal: AbortSignal.timeout(Math.ceil(dice.between(1, 300))) };
    if (die < 0.14) return { timeout: dice.between(0.01, 0.5) };
    if (die < 0.2) return { onFailedHolder: "fail" };
    return {};
  }

  private async ask(
    session: Session,
    of: number,
    lock: ChaosLock,
    worker: number,
  ): Promise<Held | null> {
    const { journal } = this;
    const attempt = randomUUID();
    const request = requestOf(lock, worker, this.whims());
    const owner = request.owner.target;
    journal.write({ kind: "ask", attempt, lock: lock.name, owner });
    try {
      const held = await acquire(session, request);
      journal.write({
        ...{ kind: "hold", attempt, lock: held.lock, owner },
        ...{ group: request.group, holder: held.id, token: held.fencingToken },
        of,
      });
      tell({ got: lock.name });
      return held;
    } catch (error) {
      if (lock.set && error instanceof LimitsDisagree)
        await pause(this.dice.between(1, 10));
      else if (!ENDS_OF_A_WAIT.some((kind) => error instanceof kind))
        journal.write({ kind: "error", what: describe(error) });
      journal.write({ kind: "gaveUp", attempt, why: (error as Error).name });
      return null;
    }
  }

  /** @returns whether the lock was given back */
  private async use(held: Held, of: number): Promise<boolean> {
    const { journal, dice, stopping } = this;
    const { id: holder } = held;
    await held.reassert();
    const since = now();
    journal.write({ kind: "act", holder });
    const isFirst = of !== 1 && ++this.acts === FIRST_LONG;
    const long = isFirst || dice.chance(LONG);
    if (long && !stopping) {
      const length = dice.between(9000, 10_000);
      const until = Date.now() + length;
      tell({ long: { lock: held.lock, holder, until } });
      await pause(length);
    } else if (held.adopted?.state === "failed")
      await pause(dice.between(0, REPAIR));
    else if (dice.chance(0.5)) await pause(dice.between(0, 10));
    const [end, ended] = [now(), Date.now()];
    await held.reassert();
    journal.write({ kind: "acted", holder, since, ended }, end);
    if (!stopping && dice.chance(0.05)) {
      const at = new Date().toISOString();
      await held.fail({ step: "act", reason: "chaos", at });
      journal.write({ kind: "failed", holder });
      await pause(dice.between(0, REPAIR)); // others see it fail
      return false;
    }
    if (!stopping && dice.chance(0.03)) {
      await held.abandon();
      journal.write({ kind: "left", holder });
      return false;
    }
    journal.write({ kind: "releasing", holder });
    await held.release(dice.chance(0.5) ? { kind: "acted" } : undefined);
    journal.write({ kind: "released", holder });
    return true;
  }

  /** Until it is told to stop and has once left everything clean: so what a killed one left is adopted and given back. */
  async work(session: Session, of: number, worker: number): Promise<void> {
    const { journal, dice } = this;
    const lock = lockOf(worker);
    for (let clean = false; !this.stopping || !clean;) {
      const last = this.stopping;
      const held = await this.ask(session, of, lock, worker);
      try {
        clean = held !== null && (await this.use(held, of)) && last;
      } catch (error) {
        const { id: holder } = held!;
        clean = false;
        if (error instanceof LockLost) journal.write({ kind: "lost", holder });
        else journal.write({ kind: "error", what: describe(error) });
      }
      if (dice.chance(0.2)) await pause(dice.between(0, 20));
    }
  }
}

async function main(args: string[]): Promise<void> {
  const [servers, file, name, first, count, seed] = args as [
    string,
    string,
    ...string[],
  ];
  const journal = new Journal(file, name!);
  const workers = new Workers(servers, journal, new Dice(Number(seed)));
  process.on("message", () => (workers.stopping = true));
  process.on("disconnect", () => process.exit(1)); // nobody is there any more
  for (const fatal of ["uncaughtException", "unhandledRejection"] as const)
    process.on(fatal, (error: unknown) =>
      journal.write({ kind: "error", what: `${fatal}: ${describe(error)}` }),
    );
  const sessions = [0, 1, 2].map((of) => workers.open(of));
  await Promise.all(sessions.map((each) => each.ready({ within: 120_000 })));
  await Promise.all(
    Array.from({ length: Number(count) }, (_, i) => {
      const worker = Number(first) + i;
      const { session: of = i % 2 } = lockOf(worker);
      return workers.work(sessions[of]!, of, worker);
    }),
  );
  await Promise.all(sessions.map((each) => each.close()));
  journal.close();
  process.removeAllListeners("disconnect");
  process.disconnect();
}

// mocha loads every file of the folder
if (require.main === module) void main(process.argv.slice(2));
