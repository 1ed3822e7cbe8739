import { Dice } from "../../chaos/dice";
import type { Plan, Step, Turn } from "./plan";
import { loseSession, type Scene } from "./faults";

/** How many sessions of the first process end, one soon after the other. */
const ENDS = 3;
/** Milliseconds. */
const SOON = 12;
const SLOW = 20;

/**
 * Turns of two processes for one owner: the first holds, loses its session and
 * comes back, while the second is about to take over what the first has left.
 */
export function comebackTurns(seed: number, turns: Turn[][]): Turn[][] {
  const dice = new Dice(seed ^ 0x2c0ffee);
  const [first = [], second = [], ...others] = turns;
  const pause = (): Step => ({ kind: "pause", ms: dice.next() * SOON });
  const record: Step = { kind: "record" };
  const plain: Turn = {
    owner: 0,
    after: 0,
    beside: true,
    over: {},
    withoutChef: false,
    cancel: null,
    steps: [],
    ending: "release",
  };
  const comes: Turn = {
    ...plain,
    steps: dice.of([[pause()], [pause(), record], [record, pause(), record]]),
    ending: dice.of(["fail", "abandon", "abandon"]),
  };
  return [
    [comes, ...first],
    [{ ...plain, after: dice.next() * SOON }, ...second],
    ...others,
  ];
}

/** The faults that go with it: from the first grant of the first process on. */
export function strikeComeback(scene: Scene, plan: Plan): void {
  const { ensemble, world, workers, note } = scene;
  const dice = new Dice(plan.seed ^ 0x1dea);
  const [first, second] = workers;
  // a server that knows of nothing yet, when the first process comes to it
  if (dice.chance(0.5)) ensemble.servers.at(-1)!.lagUntil(plan.length / 2);
  let struck = false;
  // by its own clock, while the server keeps the session; or by the server's
  const itself = dice.chance(0.5);
  const expire = () => {
    if (itself && first) return loseSession(scene, first);
    for (const { id, by } of [...ensemble.sessions.values()])
      if (by === first!.name) {
        note(by, "its session expires");
        ensemble.expire(id);
      }
  };
  ensemble.observers.push(({ changes, session }) => {
    const by = ensemble.sessions.get(session)?.by;
    if (struck || by !== first!.name) return;
    if (!changes.some(({ path }) => path.includes("/holders/0/"))) return;
    struck = true;
    let at = 0;
    for (let i = 0; i < ENDS; i++) {
      at += dice.next() * SOON;
      world.after(at, expire, itself ? first!.party : null);
    }
    const slow = dice.next() * SLOW;
    for (const { connections } of ensemble.servers)
      for (const connection of connections)
        if (connection.session?.by === second?.name)
          connection.slower.up = slow;
  });
}
