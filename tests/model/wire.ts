/** Between a client and the servers: replies, watches that fire, late requests, sessions that end. */
import { fires, no, read, watchesOf, yes } from "./answer";
import { resume, to, type Client, type Read, type Terms } from "./client";
import type { Fault } from "./faults";
import { acted } from "./leave";
import { H } from "./layout";
import { ask, STEPS } from "./steps";
import { tellAnswer, tellOps, tellRead } from "./story";
import { apply, childrenOf, expire, type Tree } from "./tree";

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
  if (c.ahead !== "" && !c.first)
    moves.push({
      ...move,
      client: { ...looked, phase: "estate" },
      story: tell("asks what the one before it left"),
    });
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

/** The reply to the client's write. */
function replies(c: Client, t: Terms, tree: Tree): Move[] {
  const request = ask(c, t);
  if (!request || !("ops" in request)) return [];
  const { ops } = request;
  const done = apply(tree, ops);
  const answer = done.refusal
    ? no(done.refusal.code, done.refusal.path)
    : yes({ created: done.created });
  const client = STEPS[c.step].hear(c, t, answer);
  const story = () =>
    `${c.name} ${c.step}: ${tellOps(ops)} -> ${tellAnswer(answer)}`;
  return [{ client, tree: done.tree, fault: null, view: "head", story }];
}

/** What else happens by itself: the act ends, a given-up session expires, a late request arrives. */
function others(c: Client, t: Terms, tree: Tree): Move[] {
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
    happen(acted(c, t), null, `${c.name} ACT: the action is done`);
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

/** All that happens by itself, but for reads and wake-ups, which depend on what the client's server has seen. */
export const movesOf = (c: Client, t: Terms, tree: Tree): Move[] => [
  ...replies(c, t, tree),
  ...others(c, t, tree),
];
