/** RESOLVE: a new session while acquiring, or giving up: nothing may be left behind, nothing held unknown. */
import { held, over, restart } from "./grant";
import { afterRelive } from "./leave";
import type { StepRules } from "./answer";
import { qcheck, to, uuid, type Client, type Step, type Terms } from "./client";
import { inOrder, L, poison, W } from "./layout";
import { check, remove } from "./tree";

const ACQUIRING: readonly Step[] = [
  "INIT",
  "FAST",
  "QUEUE",
  "PLACE",
  "OWN",
  "EVAL",
  "TAKE",
  "JOIN",
  "WAIT",
  "RESOLVE",
];

export const isAcquiring = (c: Client): boolean => ACQUIRING.includes(c.step);

/** Into RESOLVE, or past it when this attempt has left no trace. */
export function resolve(c: Client, t: Terms): Client {
  const clean = { watches: [], woken: false, found: null, old: null };
  // poisoned already: only the look is left, whatever the session
  const looking = c.step === "RESOLVE" && c.phase === "look";
  const next = to(c, "RESOLVE", {
    ...clean,
    phase: looking ? "look" : "",
    refusal: null,
    shortcut: false,
    first: false,
    doubt: false,
    gd: c.gd && t.has("RESOLVE-DOUBT"),
  });
  return settle(next);
}

/** Once nothing is left to do: over, or from the start under a new uuid. */
function settle(c: Client): Client {
  if (c.queued || c.gd) return c;
  return c.giveUp ? over(c) : restart(c, { lock: null });
}

/** A new session: what is under way in the old one may still arrive. */
export function newSession(c: Client, t: Terms): Client {
  const next = { ...c, session: c.session + 1 };
  if (isAcquiring(c)) return resolve(next, t);
  const relive = { relive: true, lock: null };
  if (c.step === "ACT") return { ...next, ...relive };
  if (["RELIVE", "RE-ASSERT", "RECORD"].includes(c.step))
    return to(next, "RELIVE", relive);
  // the last RELIVE went with its session
  const phase = c.phase === "relive" ? afterRelive(c) : c.phase;
  return { ...next, phase, lock: null };
}

export const RESOLVE: StepRules = {
  ask(c, t) {
    if (c.waiter !== null) return { ops: [remove(`${W}/${c.waiter}`)] };
    if (c.phase === "list") return { read: "children", path: W };
    if (c.phase === "delete")
      return { ops: [remove(`${W}/${c.todo[0] ?? ""}`)] };
    if (c.queued) return { ops: [check(L)] };
    if (c.phase === "" && c.lock && t.has("POISON"))
      return { ops: [poison(c.lock)] };
    return qcheck(c, t);
  },
  hear(c, t, answer) {
    const done = { waiter: null, queued: false, todo: [] };
    // the waiter's deletion poisons a TAKE, as the new version of L does a FAST
    if (c.waiter !== null) return settle({ ...c, ...done, phase: "look" });
    if (c.phase === "list") {
      const mine = inOrder(answer.ok ? answer.names : []).filter(
        (waiter) => waiter.uuid === uuid(c),
      );
      const todo = mine.map((waiter) => waiter.name);
      if (todo.length === 0) return settle({ ...c, ...done });
      return { ...c, phase: "delete", todo };
    }
    if (c.phase === "delete") {
      const todo = c.todo.slice(1);
      return todo.length > 0 ? { ...c, todo } : settle({ ...c, ...done });
    }
    if (c.queued) return { ...c, phase: "list" };
    if (c.phase === "" && c.lock && t.has("POISON"))
      return { ...c, phase: "look" };
    if (!answer.ok) return settle({ ...c, gd: false });
    const holding = held(c, t);
    return c.giveUp ? holding : to(holding, "RELIVE", { relive: true });
  },
};
