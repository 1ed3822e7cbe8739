/**
 * RELEASE and TAKE in one transaction: the first waiter goes along with the release of the holder that it
 * waits for, if both are of one process. Its first copy only; then each goes on by itself.
 */
import { no, yes } from "./answer";
import { resume, sid, to, type Client, type Terms } from "./client";
import { abandon, type Fault } from "./faults";
import { slotPath } from "./layout";
import { ask, STEPS } from "./steps";
import { tellOps } from "./story";
import { apply, type Op, type Tree } from "./tree";

export interface Joint {
  /** Who releases, and who is next. */
  clients: [Client, Client];
  tree: Tree | null;
  fault: Fault | null;
  story: () => string;
}

const mayJoin = (a: Client, b: Client): boolean =>
  a.step === "RELEASE" &&
  a.phase === "" &&
  !a.doubt &&
  a.others === null &&
  b.step === "WAIT" &&
  b.first &&
  b.shortcut &&
  !b.woken;

const opsOf = (c: Client, t: Terms): Op[] => {
  const request = ask(c, t);
  return request && "ops" in request ? request.ops : [];
};

export function jointMoves(
  a: Client,
  ta: Terms,
  b: Client,
  tb: Terms,
  tree: Tree,
): Joint[] {
  if (ta.process === "" || ta.process !== tb.process) return [];
  if (!mayJoin(a, b)) return [];
  const next = to({ ...resume(b), slot: a.slot, recreate: false }, "TAKE");
  const release = opsOf(a, ta);
  const ops = [...release, ...opsOf(next, tb)];
  const hears = (c: Client, t: Terms, answer: ReturnType<typeof yes>) =>
    STEPS[c.step].hear(c, t, answer);
  const move = (
    clients: Joint["clients"],
    after: Tree | null,
    fault: Fault | null,
    end: string,
  ): Joint => ({
    clients,
    tree: after,
    fault,
    story: () => `${a.name} RELEASE, ${b.name} TAKE: ${tellOps(ops)} -> ${end}`,
  });

  const alone = apply(tree, release).refusal;
  if (alone) {
    const kept = no("NODE_EXISTS", slotPath(a.slot));
    const answer = no(alone.code, alone.path);
    const told = `${alone.code} ${alone.path}`;
    return [
      move([hears(a, ta, answer), hears(next, tb, kept)], null, null, told),
    ];
  }
  const done = apply(tree, ops);
  if (done.refusal) {
    const { code, path } = done.refusal;
    const refused = hears(next, tb, no(code, path));
    return [move([a, refused], null, null, `${code} ${path}`)];
  }
  const heard = yes({});
  const lost = STEPS.RELEASE.lose!(a, ta);
  const inDoubt = tb.has("BOTH-DOUBT") ? STEPS.TAKE.lose!(next, tb) : resume(b);
  const late = { session: sid(a), ops };
  const moves = [
    move([hears(a, ta, heard), hears(next, tb, heard)], done.tree, null, "OK"),
    move([lost, inDoubt], done.tree, "lostReply", "OK, but the REPLY IS LOST"),
  ];
  if (!a.late && !b.late && a.zombies.length + b.zombies.length === 0)
    moves.push(
      move(
        [{ ...abandon(lost, ta), late }, abandon(inDoubt, tb)],
        null,
        "lateRequest",
        "NO REPLY: both give up their sessions; it may arrive late",
      ),
    );
  return moves;
}
