import { isLoss } from "../../zookeeper/replies";
import { idsIn, listSlots, type Slots, type SlotsReply } from "../tree/slots";
import { countsAsFailed, type Member } from "../types";
import { adopt } from "./adopt";
import type { Attempt } from "./attempt";
import { choose, shortcuts } from "./choose";
import { freeByFacts } from "./free-by-facts";
import { disagreement, sameLimits } from "../limits";
import { readLock } from "./lock-known";
import { endGrace } from "./owner-grace";
import { readMembers } from "./read-members";
import type { Step } from "./step";
import { join, take } from "./take";

/** EVAL: this attempt is first, and only the first grants. May it go, or what keeps it? */
export async function evaluate(
  attempt: Attempt,
  fromPlace: Slots | null = null,
): Promise<Step> {
  const { paths, request, patience, view } = attempt;
  let listed = fromPlace;
  if (!attempt.lock) {
    // EVAL-VERSION: older than all that is seen below, for failures show only in it
    attempt.lock = await readLock(attempt);
    listed = null;
  }
  const { lock } = attempt;
  if (!sameLimits(lock.limits, attempt.limits))
    throw disagreement(request, lock.limits);
  if (!listed) {
    const reply = await lookAtSlots(attempt);
    if (isLoss(reply)) return "EVAL";
    attempt.expect(reply, `listing ${paths.holders}`, "OK");
    listed = reply.slots;
  }
  attempt.slots = listed;
  view.leads(attempt, listed);
  const free = await freeByFacts(attempt, listed);
  if (free) {
    patience.sawHolders(idsIn(listed));
    return take(attempt, free);
  }
  const seen = await readMembers(attempt, listed);
  if (!seen) return "EVAL";
  const { members, left, slots } = seen;
  attempt.slots = slots;
  remember(attempt, members);
  const mine = members.find(({ id }) => attempt.isOwn(id));
  if (mine) return adopt(attempt, mine.slot, mine.id);
  if (!sameLimits(request.limits, attempt.limits))
    throw disagreement(request, attempt.limits); // the own holder it came for is gone
  patience.sawHolders(members.map(({ id }) => id));
  const choice = choose(request.group, lock.limits, slots, members);
  // MEMBER-GONE: no watch stands on what is gone, so this is not waited for
  if (left !== null && choice.kind !== "take") return "EVAL";
  if (choice.kind === "blocked") {
    await endGrace(attempt, choice.by);
    const found = shortcuts(request.group, lock.limits, slots, members);
    for (const [path, slot] of found)
      attempt.attention.shortcuts.set(path, slot);
    return "WAIT";
  }
  if (lock.hold) {
    attempt.lock = await readLock(attempt, attempt.watcher); // HOLD-WATCH
    return attempt.lock.hold ? "WAIT" : "EVAL";
  }
  if (choice.kind === "join") {
    const mates = members.filter(({ slot }) => slot === choice.mate.slot);
    return join(attempt, mates);
  }
  if (left !== null) return take(attempt, { slot: left, empty: false });
  return take(attempt, choice.free);
}

async function lookAtSlots(attempt: Attempt): Promise<SlotsReply> {
  const { session, paths, limits } = attempt;
  await attempt.connected();
  attempt.attention.look();
  const reply = await listSlots(session, paths, limits.maxHolders);
  attempt.sameSession();
  return reply;
}

/** What was seen of them counts under the version of L that was known before (EVAL-VERSION). */
function remember({ view, lock }: Attempt, members: readonly Member[]): void {
  for (const member of members) {
    const { id, path, group, alive } = member;
    view.learn(lock!.version, id, { group, failed: countsAsFailed(member) });
    if (alive) view.alive(path);
  }
}
