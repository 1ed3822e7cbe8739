import { setImmediate as turn } from "node:timers/promises";
import { expect } from "chai";
import type { Held, LockRequest } from "../../core/lock";
import type { Contender } from "./contender";
import { slotOf, type Lab, type TestLock } from "./lab";
import {
  heldUp,
  type Request,
  type Script,
  type ScriptedSession,
} from "./scripted-session";

/** The holder that it would make, with a release or alone. */
export const holderMade = ({ operations }: Request): string | undefined =>
  operations.find(
    ({ kind, as }) => kind === "create" && /^(next )?holder$/.test(as),
  )?.path;

/** The holder that it says is to be there before. */
export const holderAhead = ({ operations }: Request): string | undefined =>
  operations.find(({ as }) => as === "holder ahead")?.path;

export const isBehind = (request: Request): boolean =>
  holderAhead(request) !== undefined;

/** Some hold all places, others wait for them, over one session. */
export interface Scene {
  session: ScriptedSession;
  holders: Held[];
  waiting: Contender[];
}

/** By target, or with a request of their own. */
type Who = string | LockRequest;

export async function inScene(
  lab: Lab,
  lock: TestLock,
  holders: Who[] = ["a", "b", "c"],
  waiting: Who[] = ["d", "e", "f"],
): Promise<Scene> {
  const asked = (who: Who) => (typeof who === "string" ? lock.by(who) : who);
  const scene: Scene = {
    session: await lab.session(),
    holders: [],
    waiting: [],
  };
  for (const who of holders)
    scene.holders.push(await lab.get(asked(who), scene.session));
  for (const who of waiting) {
    const contender = await lab.contend(asked(who), scene.session);
    await contender.waits();
    scene.waiting.push(contender);
  }
  // who has told sleeps until it is woken
  await Promise.all(scene.waiting.map((contender) => contender.tells()));
  return scene;
}

/**
 * They release in one go. Returns what has left by then that makes somebody a
 * holder; nothing of it arrives before `arrive` is called.
 */
export async function release(
  { session }: Scene,
  holders: Held[],
  fates: Script = () => {},
) {
  const { until, goOn: arrive } = heldUp();
  session.take();
  session.script = (request) => {
    if (request.kind !== "multi") return;
    const fate = fates(request);
    return { ...fate, before: () => until.then(() => fate?.before?.()) };
  };
  const released = Promise.all(holders.map((holder) => holder.release()));
  await turn(); // nothing is asked, so nothing is waited for
  const grants = session.take().filter(holderMade);
  return { grants, arrive, released };
}

/** Each got it after the one before, and has a place of its own. */
export async function inOrder(...contenders: Contender[]): Promise<Held[]> {
  const held = await Promise.all(contenders.map((each) => each.gets()));
  const tokens = held.map(({ fencingToken }) => BigInt(fencingToken));
  expect(tokens).to.deep.equal(
    [...tokens].sort((one, other) => (one < other ? -1 : 1)),
  );
  expect(new Set(held.map(slotOf)).size).to.equal(held.length);
  return held;
}

/** They hold, and nobody else; once they have released nothing is left. */
export async function nothingElse(
  lab: Lab,
  lock: TestLock,
  held: Held[],
): Promise<void> {
  expect((await lab.holders(lock)).sort()).to.deep.equal(
    held.map(({ id }) => id).sort(),
  );
  await Promise.all(held.map((each) => each.release()));
  await lab.isEmpty(lock);
}
