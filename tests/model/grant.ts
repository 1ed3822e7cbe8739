/** What a grant's answer leads to, and how an attempt and a run end. */
import type { Answer } from "./answer";
import {
  liveName,
  to,
  wait,
  type Client,
  type Request,
  type Terms,
} from "./client";
import { countsAsFailed, M, type MemberData } from "./layout";
import { check, create, set, type Op, type Refusal } from "./tree";

/** Version of Chef's lock if we made it; Chef's own has 0. */
const OURS = 1;

export const HELD: MemberData = {
  state: "held",
  recorded: false,
  mirror: false,
};

/** A new attempt under a new uuid, from the start. */
export function restart(c: Client, change: Partial<Client> = {}): Client {
  return to(c, "FAST", {
    attempt: c.attempt + 1,
    waiter: null,
    queued: false,
    first: false,
    ahead: "",
    sight: "",
    doubt: false,
    gd: false,
    everGd: false,
    refusal: null,
    found: null,
    shortcut: false,
    slot: 0,
    recreate: false,
    old: null,
    data: HELD,
    version: 0,
    adopted: false,
    others: null,
    frees: false,
    foreign: [],
    live: null,
    relive: false,
    watches: [],
    woken: false,
    evicted: false,
    ...change,
  });
}

/** This run is over: the next one, or rest. */
export function over(c: Client): Client {
  const runs = c.runs - 1;
  const next = restart(c, { runs, giveUp: false });
  if (runs === 0) return { ...next, step: "DONE", lock: null, attempt: 0 };
  return c.patient ? { ...next, step: "QUEUE" } : next;
}

/** Cleared or adopted: stop, and say so. */
export const gone = (c: Client): Client => ({ ...over(c), toldGone: true });

/** The lock is held. Who was giving up leaves it again, or puts it back as it was. */
export function held(c: Client, t: Terms): Client {
  const { attempt, slot, everGd, data, adopted } = c;
  const live = liveName(c, t);
  const known = { attempt, slot, everGd, live, data, adopted, version: 1 };
  const next = restart(c, known);
  if (!c.giveUp) return to(next, "RE-ASSERT");
  if (!adopted || !t.has("PUT-BACK")) return release(next);
  return to(next, countsAsFailed(data) ? "FAIL" : "ABANDON");
}

/** Into RELEASE: an acquire that was ever in doubt is poisoned first. */
export function release(c: Client): Client {
  const todo = c.live === null ? [] : [c.live];
  return to(c, "RELEASE", { todo, phase: c.everGd ? "poison" : "" });
}

/** The record of a new holder. */
export const recordOf = (t: Terms): MemberData => ({
  ...HELD,
  mirror: t.chef,
});

/**
 * Hears the answer to a grant: with a doubt standing, only qcheck(u) gives it a meaning.
 *
 * @param absent where a grant goes that was refused after a doubt, and is not there: it may have been applied and cleared
 */
export function hearGrant(
  c: Client,
  t: Terms,
  answer: Answer,
  refused: (c: Client, refusal: Refusal) => Client,
  absent = refused,
): Client {
  if (answer.ok) return held(c, t);
  if (c.refusal) {
    const hear = t.has("PLACE-AGAIN") ? absent : refused;
    return hear({ ...c, refusal: null, gd: false }, c.refusal);
  }
  const refusal = { code: answer.code, path: answer.path };
  if (c.gd && t.has("DOUBT-FIRST")) return { ...c, refusal };
  return refused({ ...c, gd: false }, refusal);
}

/** After a doubt the own waiter may be gone: the place is found again. */
export const placeAgain = (c: Client, refusal: Refusal): Client =>
  to(c, "PLACE", {
    lock: refusal.code === "BAD_VERSION" ? null : c.lock,
    old: null,
  });

/** A grant that ended in LOSS; a qcheck that did is only asked again. */
export const loseGrant = (c: Client): Client =>
  c.refusal ? c : { ...c, gd: true, everGd: true };

const makeMirror = (): Op[] => [create(M), set(M, "ours")];

/** Chef's lock is taken with a slot, in the same multi. */
export const takeMirror = (t: Terms): Op[] =>
  t.chef && t.has("CHEF-SLOT") ? makeMirror() : [];

/** Who adopts or joins a holder has Chef's lock: it is there and ours, or gone and made anew. */
export const ownMirror = (c: Client): Op[] => {
  if (c.phase === "make") return makeMirror();
  return c.phase === "own" ? [check(M, OURS)] : [];
};

/** Before that it is looked at, watched. Another's: wait, until it goes or the holder does. */
export const lookAtMirror: Request = { read: "data", path: M, watch: true };

export function hearMirror(c: Client, t: Terms, answer: Answer): Client {
  const ours = answer.ok && answer.data === "ours";
  // that of another lock has our version too
  const fits = answer.ok && answer.version === OURS && !t.has("CHEF-OWN");
  if (answer.ok && !ours && !fits) return wait(c);
  const phase = answer.ok ? "own" : "make";
  return { ...c, phase, watches: [], woken: false };
}
