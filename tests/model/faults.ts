/** What may strike a client: its process, its session, or the reply to its request. */
import { sid, to, type Client, type Terms } from "./client";
import { failed } from "./leave";
import { isAcquiring, newSession, resolve } from "./resolve";
import { ask, begin, STEPS } from "./steps";
import { tellOps } from "./story";
import { apply, expire, type Op, type Tree } from "./tree";
import type { Move } from "./wire";

export const FAULTS = [
  "crash",
  "expiry",
  "abandonment",
  "lostReply",
  "lateRequest",
  "cancel",
  "failure",
  "clear",
  "hold",
  "chefCleared",
] as const;
export type Fault = (typeof FAULTS)[number];

/** Amid reads: a fault here is one before the first of them, for all that others and the client itself can tell. */
const isAmidReads = (c: Client): boolean =>
  (c.step === "PLACE" && c.phase !== "" && c.phase !== "delete") ||
  (c.step === "EVAL" && c.phase !== "") ||
  ((c.step === "OWN" || c.step === "JOIN") && c.phase === "mirror") ||
  (c.step === "OWN" && c.phase === "");

const isSpared = (c: Client): boolean =>
  c.step === "DONE" || c.step === "CRASHED" || isAmidReads(c);

function strike(
  c: Client,
  fault: Fault,
  client: Client,
  what: string,
  tree: Tree | null = null,
): Move {
  const view = fault === "cancel" ? "same" : "fresh";
  const story = () => `${c.name} ${c.step}: ${what}`;
  return { client, tree, fault, view, story };
}

/** What the client's request would change, and the client once it has no reply. */
function unanswered(c: Client, t: Terms): { ops: Op[]; lost: Client } | null {
  const request = ask(c, t);
  if (!request || !("ops" in request)) return null;
  const { ops } = request;
  if (ops.every((op) => op.op === "check")) return null;
  return { ops, lost: STEPS[c.step].lose?.(c, t) ?? c };
}

/** The client knows that its session is lost to it; the server does not yet. */
export function abandon(c: Client, t: Terms): Client {
  const next = newSession(c, t);
  return { ...next, zombies: [...next.zombies, sid(c)] };
}

/** Faults that change what the servers have. */
export function committedFaults(c: Client, t: Terms, tree: Tree): Move[] {
  if (isSpared(c)) return [];
  const after = expire(tree, sid(c));
  const moves = [
    strike(c, "expiry", newSession(c, t), "SESSION EXPIRES", after),
  ];
  const write = unanswered(c, t);
  const done = write && apply(tree, write.ops);
  if (write && done && !done.refusal) {
    const told = `${tellOps(write.ops)} -> applied, but the REPLY IS LOST`;
    moves.push(strike(c, "lostReply", write.lost, told, done.tree));
  }
  return moves;
}

/** Faults that the servers do not notice, or not yet. */
export function silentFaults(c: Client, t: Terms): Move[] {
  if (isSpared(c)) return [];
  const { late } = c;
  const zombies = [...c.zombies, sid(c)];
  const gone = { ...begin(c.name, 0, null), session: 0, attempt: 0 };
  const crashed = { ...to(gone, "CRASHED"), zombies, late };
  const moves = [strike(c, "crash", crashed, "CRASH")];
  if (c.zombies.length < 2) {
    const told = "GIVES UP ITS SESSION, takes another";
    moves.push(strike(c, "abandonment", abandon(c, t), told));
  }
  const write = unanswered(c, t);
  if (write && !late && c.zombies.length < 2) {
    const told = `${tellOps(write.ops)} -> NO REPLY: gives up its session; the request may arrive late`;
    const request = { session: sid(c), ops: write.ops };
    const client = { ...abandon(write.lost, t), late: request };
    moves.push(strike(c, "lateRequest", client, told));
  }
  if (isAcquiring(c) && !c.giveUp && (c.queued || c.gd)) {
    const giveUp = { ...c, giveUp: true };
    const resolving = c.step === "RESOLVE" ? giveUp : resolve(giveUp, t);
    moves.push(strike(c, "cancel", resolving, "GIVES UP"));
  }
  if (c.step === "ACT")
    moves.push(strike(c, "failure", failed(c, t), "the action FAILS"));
  return moves;
}
