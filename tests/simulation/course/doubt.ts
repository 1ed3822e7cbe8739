import { Dice } from "../../chaos/dice";
import { loseSession, type Scene } from "./faults";
import type { Plan } from "./plan";
import type { Worker } from "./worker";

/** Milliseconds. */
const SOON = 8;
const LATE = 400;

const HOLDER = /\/holders\/\d+\/[^/]+$/;

/**
 * A grant in doubt: its answer is lost, or the request comes late. The process
 * gives up meanwhile, or goes on in a new session at a server that lags.
 */
export function strikeGrants(scene: Scene, plan: Plan): void {
  const dice = new Dice(plan.seed ^ 0xd0b7);
  if (dice.chance(0.5)) strikeAnswer(scene, dice);
  else strikeRequest(scene, dice);
}

/** The answer to one of the first grants is lost. */
function strikeAnswer(scene: Scene, dice: Dice): void {
  const { ensemble, world, workers, note } = scene;
  // a release that hands over, or an adoption; or any grant
  const joint = dice.chance(0.5);
  let left = Math.ceil(dice.between(0, joint ? 2 : 5));
  ensemble.observers.push(({ changes, session }) => {
    const kinds = changes
      .filter(({ path }) => HOLDER.test(path))
      .map(({ kind }) => kind);
    if (!kinds.includes("create")) return;
    if (joint && !kinds.includes("delete")) return;
    if (--left !== 0) return;
    const by = ensemble.sessions.get(session)?.by;
    const worker = workers.find(({ name }) => name === by);
    const connection = ensemble.servers
      .flatMap(({ connections }) => [...connections])
      .find((each) => each.session?.id === session);
    if (!worker || !connection) return;
    note(worker.name, "the answer to its grant is lost");
    connection.lose("down", 0);
    afterIt(scene, dice, worker);
    world.after(dice.next() * SOON, () => connection.reset(), null);
  });
}

/** One of the first grants is asked for, and comes late. */
function strikeRequest(scene: Scene, dice: Dice): void {
  const { ensemble, world, workers, note } = scene;
  let left = Math.ceil(dice.between(0, 3));
  ensemble.onSend = (request, connection) => {
    if (request.kind !== "multi") return;
    const grants = request.writes.some(
      ({ kind, path }) => kind === "create" && HOLDER.test(path),
    );
    const by = connection.session?.by;
    const worker = workers.find(({ name }) => name === by);
    if (!grants || !worker || --left !== 0) return;
    note(worker.name, "its grant is late");
    connection.slower.up = dice.next() * LATE;
    const lose = () => loseSession(scene, worker);
    world.after(dice.next() * SOON, lose, worker.party);
    afterIt(scene, dice, worker);
  };
}

/** What may come on top of it. */
function afterIt(scene: Scene, dice: Dice, worker: Worker): void {
  const { world, ensemble, operator } = scene;
  const { party } = worker;
  const soon = (what: () => void) =>
    world.after(dice.next() * SOON, what, party);
  const lose = () => loseSession(scene, worker);
  if (dice.chance(0.5))
    for (const server of ensemble.servers.slice(1))
      server.lagUntil(world.now + dice.next() * LATE);
  if (dice.chance(0.5)) soon(lose);
  if (dice.chance(0.7)) soon(() => soon(() => worker.cancel()));
  if (dice.chance(0.2))
    soon(() => world.after(0, () => void operator.clearAll(), operator.party));
  if (!dice.chance(0.5)) return;
  // the session in which it tidies up is lost as well
  let left = 2;
  ensemble.observers.push(({ session, changes }) => {
    const by = ensemble.sessions.get(session)?.by;
    if (by === worker.name && changes.length > 0 && --left === 0) soon(lose);
  });
}
