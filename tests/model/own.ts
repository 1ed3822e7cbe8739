/** OWN: my owner holds already: wait for it while it lives, adopt its holder once it does not. */
import { hearGrant, loseGrant, placeAgain } from "./grant";
import type { Answer, StepRules } from "./answer";
import {
  becomeHolder,
  qcheck,
  slotNumber,
  to,
  wait,
  type Client,
  type Request,
  type Terms,
} from "./client";
import { countsAsFailed, L, parseLock, W } from "./layout";
import { ANY, check, remove, type Refusal } from "./tree";

/** The holder is gone, or is not as it was: look again. */
const again = (c: Client): Client =>
  to(c, c.first ? "EVAL" : "PLACE", { old: null, watches: [], woken: false });

export const OWN: StepRules = {
  ask(c, t): Request {
    if (c.refusal) return qcheck(c, t);
    const path = c.old?.path ?? "";
    if (c.phase === "lock")
      return { read: "data", path: L, watch: t.has("HOLD-WATCH") };
    if (c.phase === "")
      return { read: "member", path, watch: t.has("OWN-WATCH") };
    const repairing =
      c.old && countsAsFailed(c.old) && t.has("REPAIRING")
        ? "repairing"
        : "held";
    return {
      ops: [
        check(L, t.has("ADOPT-CHECK") ? (c.lock?.v ?? ANY) : ANY),
        remove(`${W}/${c.waiter ?? ""}`),
        ...becomeHolder(c, t, repairing),
        remove(path),
      ],
    };
  },
  hear(c, t, answer) {
    if (c.phase === "") return look(c, t, answer);
    if (c.phase === "adopt")
      return hearGrant(c, t, answer, refused, placeAgain);
    if (!answer.ok) return again(c);
    const lock = parseLock(answer.data, answer.version);
    if (lock.hold) return wait({ ...c, lock });
    const phase = t.has("OWN-AGAIN") ? "" : "adopt";
    return { ...c, lock, phase, watches: [], woken: false };
  },
  lose: loseGrant,
};

function look(c: Client, t: Terms, answer: Answer): Client {
  const member = answer.ok ? answer.members[0] : undefined;
  if (!answer.ok || !member) return again(c);
  if (answer.data !== t.group && t.has("OWN-DATA"))
    return to(c, "RESOLVE", { giveUp: true, watches: [], woken: false });
  const slot = slotNumber(member.path);
  if (member.lives.length > 0) {
    if (t.has("OWN-WAIT") || !c.first) return wait(c);
    return to(c, "JOIN", { slot, old: null, watches: [], woken: false });
  }
  const { path, state } = member;
  const phase = !c.lock || c.lock.hold ? "lock" : "adopt";
  return {
    ...c,
    slot,
    old: { path, state },
    phase,
    watches: [],
    woken: false,
  };
}

function refused(c: Client, refusal: Refusal): Client {
  if (refusal.code === "BAD_VERSION")
    return { ...c, phase: "lock", lock: null };
  if (refusal.path === `${W}/${c.waiter ?? ""}`)
    return to(c, "PLACE", { old: null });
  return again(c);
}
