import type { Report } from "./checker";
import type { Entry } from "./journal";
import { ownerOf } from "./tree";

type Of<K extends Entry["kind"]> = Extract<Entry, { kind: K }>;

const only = <K extends Entry["kind"]>(journal: Entry[], kind: K): Of<K>[] =>
  journal.filter((entry): entry is Of<K> => entry.kind === kind);

/** Who became a holder: by which transaction of which session, when, and how long its live node stood, in ms. */
export type Grants = Map<
  string,
  { zxid: bigint; session: string; time: number; lived: number }
>;

/** Milliseconds in which a client whose session stands learns of its grant. */
const TO_LEARN = 10_000;

/** What the clients wrote, against what ZooKeeper granted. */
export function checkJournal(
  journal: Entry[],
  granted: Grants,
  maxHolders: (lock: string) => number,
  report: Report,
): void {
  checkTokens(journal, granted, report);
  checkActs(journal, maxHolders, report);
  checkAnswers(journal, report);
  checkOrphans(journal, granted, report);
}

/** A token is the transaction of its grant: so tokens rise from grant to grant. */
function checkTokens(journal: Entry[], granted: Grants, report: Report): void {
  for (const { holder, token } of only(journal, "hold"))
    if (granted.get(holder)?.zxid !== BigInt(token))
      report(
        "wrong token",
        `${holder}: ${token}, granted at ${granted.get(holder)?.zxid}`,
      );
}

/** Acts under one lock at one time are those of at most N groups, and of each owner once. */
function checkActs(
  journal: Entry[],
  maxHolders: (lock: string) => number,
  report: Report,
): void {
  const holds = new Map(
    only(journal, "hold").map((hold) => [hold.holder, hold]),
  );
  const ends = only(journal, "acted").flatMap(({ holder, since, at }) => {
    const hold = holds.get(holder);
    if (!hold) return [];
    return [
      { hold, at: BigInt(since), begins: true },
      { hold, at: BigInt(at), begins: false },
    ];
  });
  ends.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  const acting = new Map<string, Set<Of<"hold">>>();
  for (const { hold, begins } of ends) {
    const now = acting.get(hold.lock) ?? new Set();
    acting.set(hold.lock, now);
    if (begins) now.add(hold);
    else now.delete(hold);
    const groups = new Set([...now].map(({ group }) => group));
    const owners = new Set([...now].map(({ holder }) => ownerOf(holder)));
    if (groups.size > maxHolders(hold.lock) || owners.size < now.size)
      report(
        "acted together",
        `${hold.lock}: ${[...now].map(({ holder }) => holder).join(", ")}`,
      );
  }
}

/** Milliseconds by which two processes of one machine may stamp one moment differently. */
const SLACK = 100;

/** Who acts asks before and after whether the lock is still there: an act that it outlived is not told as done. */
export function checkActing(
  journal: Entry[],
  removed: ReadonlyMap<string, number>,
  report: Report,
): void {
  for (const { holder, ended } of only(journal, "acted")) {
    const late = ended - (removed.get(holder) ?? Infinity);
    if (late > SLACK)
      report(
        "acted without the lock",
        `${holder}: for ${late} ms after it was gone`,
      );
  }
}

/** Whoever asked was told something, unless its process was killed. */
function checkAnswers(journal: Entry[], report: Report): void {
  const killed = new Set(only(journal, "killed").map(({ client }) => client));
  const answered = new Set(
    journal.flatMap((entry) =>
      entry.kind === "hold" || entry.kind === "gaveUp" ? [entry.attempt] : [],
    ),
  );
  for (const { attempt, by, lock, owner } of only(journal, "ask"))
    if (!answered.has(attempt) && !killed.has(by))
      report("never answered", `${owner} of ${by} on ${lock}`);
}

/** A client whose session stands learns of its grant, or says that it is in doubt. */
function checkOrphans(journal: Entry[], granted: Grants, report: Report): void {
  const clients = new Map(
    only(journal, "session").map(({ session, by }) => [session, by]),
  );
  const killed = new Set(only(journal, "killed").map(({ client }) => client));
  const held = new Set(only(journal, "hold").map(({ holder }) => holder));
  const doubts = only(journal, "gaveUp")
    .filter(({ why }) => why === "LockInDoubt")
    .map(({ by }) => by);
  for (const [id, { session, lived }] of granted) {
    const client = clients.get(session);
    if (held.has(id) || lived < TO_LEARN) continue;
    if (client === undefined || killed.has(client)) continue;
    const doubt = doubts.indexOf(client);
    if (doubt < 0) report("granted to nobody", `${id} by ${client}`);
    else doubts.splice(doubt, 1);
  }
}
