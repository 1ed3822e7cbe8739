/** What a grant's answer leads to, and how an attempt and a run end. */
import type { Answer } from "./answer";
import { liveName, to, type Client, type Terms } from "./client";
import { M } from "./layout";
import { create, set, type Op, type Refusal } from "./tree";

/** A new attempt under a new uuid, from the start. */
export function restart(c: Client, change: Partial<Client> = {}): Client {
  return to(c, "FAST", {
    attempt: c.attempt + 1,
    waiter: null,
    queued: false,
    first: false,
    ahead: "",
    sight: "",
    behind: "",
    count: 0,
    doubt: false,
    gd: false,
    everGd: false,
    refusal: null,
    found: null,
    shortcut: false,
    slot: 0,
    recreate: false,
    old: null,
    other: null,
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

/** The lock is held. Who was giving up leaves it again. */
export function held(c: Client, t: Terms): Client {
  const { attempt, slot, everGd } = c;
  const next = restart(c, { attempt, slot, everGd, live: liveName(c, t) });
  return c.giveUp ? release(next) : to(next, "RE-ASSERT");
}

/** Into RELEASE: an acquire that was ever in doubt is poisoned first. */
export function release(c: Client): Client {
  const todo = c.live === null ? [] : [c.live];
  return to(c, "RELEASE", { todo, phase: c.everGd ? "poison" : "" });
}

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
    behind: "",
  });

/** A grant that ended in LOSS; a qcheck that did is only asked again. */
export const loseGrant = (c: Client): Client =>
  c.refusal ? c : { ...c, gd: true, everGd: true };

/** Chef's lock is taken with a slot, in the same multi. */
export const takeMirror = (t: Terms): Op[] =>
  t.chef ? [create(M), set(M, "ours")] : [];
