/** Between a client and the servers: replies, lost replies, late requests, sessions that end, watches that fire. */
import { fires, no, read, watchesOf, yes } from "./answer";
import { resume, sid, to, type Client, type Read, type Terms } from "./client";
import { acted, failed } from "./hold";
import { H } from "./layout";
import { isAcquiring, newSession, resolve } from "./resolve";
import { ask, begin, STEPS } from "./steps";
import { tellAnswer, tellOps, tellRead } from "./story";
import { apply, childrenOf, expire, type Op, type Tree } from "./tree";

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
] as const;
export type Fault = (typeof FAULTS)[number];

/** One thing that may happen next to a client. */
export interface Move {
  client: Client;
  /** What the servers have committed, if anything. */
  tree: Tree | null;
  fault: Fault | null;
  /** What the client's server has told it since: all, no more than before, or (a new session) it may be anything. */
  view: "head" | "same" | "fresh";
  story: () => string;
}

/** The watches that fire between two trees are used up; a client that reads remembers that something happened. */
export function advance(c: Client, before: Tree, after: Tree): Client {
  const left = c.watches.filter((watch) => !fires(watch, before, after));
  if (left.length === c.watches.length) return c;
  const next = { ...c, watches: left, woken: true };
  if (c.step !== "WAIT") return next;
  const still = childrenOf(after, H);
  const vanished = childrenOf(before, H).filter((s) => !still.includes(s));
  return { ...next, todo: vanished };
}

/** What a woken client does: it looks again, or takes a vanished slot at once. */
export function wake(c: Client): Move[] {
  const looked = resume(c);
  const tell = (what: string) => () => `${c.name} WAIT: woken, ${what}`;
  const move = { tree: null, fault: null, view: "same" as const };
  const moves: Move[] = [
    { ...move, client: looked, story: tell("looks again") },
  ];
  if (c.shortcut)
    for (const slot of c.todo) {
      const change = { slot: Number(slot), recreate: false };
      const client = to({ ...looked, ...change }, "TAKE");
      moves.push({ ...move, client, story: tell(`tries slot ${slot}`) });
    }
  return moves;
}

/** The answer of a server that has got as far as this tree. */
export function hearRead(
  c: Client,
  t: Terms,
  request: Read,
  tree: Tree,
): { client: Client; story: () => string } {
  const answer = read(tree, request);
  const added = watchesOf(request, answer);
  const watches = [...new Set([...c.watches, ...added])].sort();
  const client = STEPS[c.step].hear({ ...c, watches }, t, answer);
  const story = () =>
    `${c.name} ${c.step}: ${tellRead(request)} -> ${tellAnswer(answer)}`;
  return { client, story };
}

const changes = (ops: readonly Op[]): boolean =>
  ops.some((op) => op.op !== "check");

/** What may come of the client's write: its reply; or no reply, applied now, or later, or never. */
function writes(c: Client, t: Terms, tree: Tree): Move[] {
  const request = ask(c, t);
  if (!request || !("ops" in request)) return [];
  const { ops } = request;
  const done = apply(tree, ops);
  const answer = done.refusal
    ? no(done.refusal.code, done.refusal.path)
    : yes({ created: done.created });
  const client = STEPS[c.step].hear(c, t, answer);
  const told = `${c.name} ${c.step}: ${tellOps(ops)}`;
  const moves: Move[] = [
    {
      client,
      tree: done.tree,
      fault: null,
      view: "head",
      story: () => `${told} -> ${tellAnswer(answer)}`,
    },
  ];
  if (!changes(ops)) return moves;
  const lost = STEPS[c.step].lose?.(c) ?? c;
  if (!done.refusal)
    moves.push({
      client: lost,
      tree: done.tree,
      fault: "lostReply",
      view: "fresh",
      story: () => `${told} -> applied, but the reply is lost`,
    });
  if (c.late || c.zombies.length > 1) return moves;
  const late = { session: sid(c), ops };
  moves.push({
    client: { ...abandon(lost, t), late },
    tree: null,
    fault: "lateRequest",
    view: "fresh",
    story: () =>
      `${told} -> no reply; the session is given up, the request may still arrive`,
  });
  return moves;
}

function abandon(c: Client, t: Terms): Client {
  const next = newSession(c, t);
  return { ...next, zombies: [...next.zombies, sid(c)] };
}

/** Amid reads: a fault here is one before the first of them, for all that others and the client itself can tell. */
const isAmidReads = (c: Client): boolean =>
  (c.step === "PLACE" && c.phase !== "" && c.phase !== "delete") ||
  (c.step === "EVAL" && c.phase !== "") ||
  (c.step === "OWN" && c.phase === "");

/** Faults of the process and of its session. */
function faults(c: Client, t: Terms, tree: Tree): Move[] {
  if (c.step === "DONE" || c.step === "CRASHED" || isAmidReads(c)) return [];
  const moves: Move[] = [];
  const strike = (fault: Fault, client: Client, what: string, after?: Tree) =>
    moves.push({
      client,
      tree: after ?? null,
      fault,
      view: fault === "cancel" ? "same" : "fresh",
      story: () => `${c.name} ${c.step}: ${what}`,
    });
  const zombies = [...c.zombies, sid(c)];
  const crashed = { ...begin(c.name, 0, null), session: 0, attempt: 0 };
  const { late } = c;
  strike("crash", { ...to(crashed, "CRASHED"), zombies, late }, "CRASH");
  strike("expiry", newSession(c, t), "SESSION EXPIRES", expire(tree, sid(c)));
  if (c.zombies.length < 2)
    strike("abandonment", abandon(c, t), "gives up its session, takes another");
  if (isAcquiring(c) && !c.giveUp && (c.queued || c.gd)) {
    const giveUp = { ...c, giveUp: true };
    const resolving = c.step === "RESOLVE" ? giveUp : resolve(giveUp, t);
    strike("cancel", resolving, "GIVES UP");
  }
  if (c.step === "ACT") strike("failure", failed(c), "the action FAILS");
  return moves;
}

/** What else happens by itself: the act ends, a given-up session expires, a late request arrives. */
function others(c: Client, tree: Tree): Move[] {
  const moves: Move[] = [];
  const happen = (client: Client, after: Tree | null, what: string) =>
    moves.push({
      client,
      tree: after,
      fault: null,
      view: "same",
      story: () => what,
    });
  if (c.step === "ACT")
    happen(acted(c), null, `${c.name} ACT: the action is done`);
  for (const session of c.zombies) {
    const zombies = c.zombies.filter((other) => other !== session);
    const late = c.late?.session === session ? null : c.late;
    const told = `session ${session} expires on the server`;
    happen({ ...c, zombies, late }, expire(tree, session), told);
  }
  if (c.late) {
    const done = apply(tree, c.late.ops);
    const told = `late request of ${c.name} arrives: ${tellOps(c.late.ops)} -> OK`;
    if (!done.refusal) happen({ ...c, late: null }, done.tree, told);
  }
  return moves;
}

/** All that may happen to a client now, but for reads and wake-ups, which depend on what its server has seen. */
export const movesOf = (c: Client, t: Terms, tree: Tree): Move[] => [
  ...writes(c, t, tree),
  ...others(c, tree),
  ...faults(c, t, tree),
];
