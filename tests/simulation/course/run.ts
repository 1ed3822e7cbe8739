import { mirrorPath } from "../../../core/lock";
import { Dice } from "../../chaos/dice";
import { Judge, type Violation } from "../check/judge";
import { World } from "../time/world";
import { Ensemble } from "../zookeeper";
import { ChefNode } from "./chef";
import { strikeComeback } from "./comeback";
import { strikeGrants } from "./doubt";
import { heal, strike, type Scene } from "./faults";
import { Operator } from "./operators";
import { planOf, type Kind, type Plan } from "./plan";
import { Trace } from "./trace";
import { LOCK, NAME, Worker, type Course } from "./worker";

export interface Outcome {
  plan: Plan;
  violations: Violation[];
  transactions: number;
  grants: number;
  /** How the lock was used, from the first transaction to the last; empty if nobody asked for it. */
  trace: string[];
}

/** Milliseconds that a quiet course is given to come to rest; with faults, times of the session's time-out. */
const REST = 400;
const ROUNDS = 12;

/** One course of events, wholly by its seed. To be called outside any microtask. */
export function runCourse(seed: number, kind: Kind, traced = false): Outcome {
  const plan = planOf(seed, kind);
  const world = new World(seed ^ 0x1f2e3d4c);
  const { servers, latency, lag } = plan;
  const ensemble = new Ensemble(world, {
    servers,
    latency,
    lag,
    tickTime: 200,
  });
  const judge = new Judge(
    ensemble,
    LOCK,
    plan.chef ? mirrorPath(plan.chef, NAME) : null,
  );
  const trace = traced ? new Trace(ensemble) : null;
  const stray = (error: unknown) =>
    judge.report("error", `nobody hears of: ${String(error)}`);
  process.on("unhandledRejection", stray);
  process.on("uncaughtException", stray);
  let grants = 0;
  ensemble.observers.push(() => (grants = judge.granted.size));
  const note = (who: string, what: string) => trace?.note(who, what);
  try {
    const course: Course = {
      plan,
      connect: ensemble.connect,
      judge,
      note,
      crash: (worker) => {
        note(worker.name, "crashes");
        for (const { connections } of ensemble.servers)
          for (const connection of connections)
            if (connection.session?.by === worker.name) connection.leave();
        worker.party.dead = true;
      },
    };
    play(world, ensemble, course);
  } finally {
    process.off("unhandledRejection", stray);
    process.off("uncaughtException", stray);
  }
  return {
    plan,
    violations: judge.violations,
    transactions: ensemble.leader.zxid,
    grants,
    trace: trace?.lines ?? [],
  };
}

function play(world: World, ensemble: Ensemble, course: Course): void {
  const { plan, judge } = course;
  const dice = new Dice(plan.seed ^ 0x77777777);
  const start = (name: string, run: () => Promise<void>): void => {
    const party = world.party(name);
    world.at(0, () => void run(), party);
  };
  const workers = plan.turns.map((turns, i) => {
    const party = world.party(`p${i + 1}`);
    const worker = new Worker(course, party, turns);
    world.at(0, () => void worker.run(), party);
    return worker;
  });
  for (let i = 1; i <= plan.chefNodes; i++) {
    const chef = new ChefNode(course, `chef${i}`, dice);
    start(`chef${i}`, () => chef.run());
  }
  const hands = world.party("operator");
  const operator = new Operator(course, hands, dice);
  if (plan.operators > 0) world.at(0, () => void operator.run(), hands);
  const { note } = course;
  const { sessionTimeout } = plan;
  const scene: Scene = {
    world,
    ensemble,
    workers,
    operator,
    dice,
    sessionTimeout,
    note,
    target: null,
  };
  if (plan.firstNumber !== 0) countFrom(ensemble, plan.firstNumber);
  for (let i = 0; i < plan.faults; i++) {
    if (dice.chance(0.3))
      world.at(dice.between(5, plan.length), () => strike(scene), null);
    else strikeAmid(scene, Math.ceil(dice.between(1, 50)), plan.length);
  }
  if (plan.comeback) strikeComeback(scene, plan);
  if (plan.doubt) strikeGrants(scene, plan);
  world.run(plan.length);
  const violated = () => judge.violations.length > 0;
  heal(scene);
  const rest = plan.faults > 0 ? 2 * sessionTimeout + 1000 : REST;
  const crashes = plan.turns.some((turns) =>
    turns.some(({ ending }) => ending === "crash"),
  );
  const calm = crashes ? Math.max(rest, 2 * sessionTimeout + 1000) : rest;
  settleDown(world, ensemble, calm, violated);
  if (violated()) return;
  const alive = () => workers.filter(({ party }) => !party.dead);
  judge.checkRest({
    waiting: alive().flatMap(({ waiting }) => [...waiting]),
    holding: alive().flatMap(({ holding }) => holding),
    alive: new Set(alive().map(({ name }) => name)),
  });
  if (violated()) return;
  // everybody gives back what is held, until nobody wants anything any more
  const busy = () =>
    alive().some(({ open }) => open > 0) || judge.state.holders.size > 0;
  for (let round = 0; round < ROUNDS && (round === 0 || busy()); round++) {
    for (const worker of alive())
      world.at(world.now, () => worker.finish(), worker.party);
    world.at(world.now, () => void operator.tidyUp(), hands);
    world.run(world.now + rest, violated);
    if (violated()) return;
  }
  for (const { name, waiting } of alive())
    for (const { owner } of waiting)
      judge.report("never answered", `${owner} of ${name}`);
  if (!violated()) judge.checkEmpty();
}

/** A fault soon after the transaction of this number, for the process that made it: when nothing happens, nothing can go wrong. */
function strikeAmid(scene: Scene, number: number, until: number): void {
  const { ensemble, world, dice } = scene;
  let struck = false;
  ensemble.observers.push(({ zxid, session }) => {
    if (struck || zxid < number || world.now > until - 5) return;
    struck = true;
    const target = ensemble.sessions.get(session)?.by ?? null;
    const soon = dice.next() * dice.next() * 5;
    world.after(soon, () => strike({ ...scene, target }), null);
  });
}

/** Until nothing was written for so long. */
function settleDown(
  world: World,
  ensemble: Ensemble,
  calm: number,
  violated: () => boolean,
): void {
  for (let round = 0; round < ROUNDS && !violated(); round++) {
    const { zxid } = ensemble.leader;
    world.run(world.now + calm, violated);
    if (ensemble.leader.zxid === zxid) return;
  }
}

/** The number of the next waiter, when the queue is made for the first time. */
function countFrom(ensemble: Ensemble, number: number): void {
  let done = false;
  ensemble.observers.unshift(({ changes }) => {
    if (done) return;
    for (const { kind, path } of changes)
      if (kind === "create" && path === `${LOCK}/waiters`) {
        done = true;
        ensemble.leader.tree.get(path)!.created = number;
      }
  });
}
