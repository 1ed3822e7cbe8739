/** OWN: my owner holds already: wait for it while it lives, adopt its holder once it does not. */
import {
  HELD,
  hearGrant,
  loseGrant,
  hearMirror,
  lookAtMirror,
  ownMirror,
  placeAgain,
} from "./grant";
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
import { countsAsFailed, L, parseLock, W, type MemberData } from "./layout";
import { leaveQueue } from "./take";
import { ANY, check, remove, type Refusal } from "./tree";

/** The holder is gone, or is not as it was: look again. */
const again = (c: Client): Client =>
  to(c, c.first ? "EVAL" : "PLACE", { old: null, watches: [], woken: false });

/** What the old record says stays true of the new one. */
const adopts = (c: Client, t: Terms): MemberData => {
  const { old } = c;
  const repairs = old && countsAsFailed(old) && t.has("REPAIRING");
  return {
    state: repairs ? "repairing" : "held",
    recorded: old?.recorded ?? false,
    mirror: t.chef || (old?.mirror ?? false),
  };
};

export const OWN: StepRules = {
  ask(c, t): Request {
    if (c.refusal) return qcheck(c, t);
    const path = c.old?.path ?? "";
    if (c.phase === "lock")
      return { read: "data", path: L, watch: t.has("HOLD-WATCH") };
    if (c.phase === "")
      return { read: "member", path, watch: t.has("OWN-WATCH") };
    if (c.phase === "mirror") return lookAtMirror;
    const version = t.has("ADOPT-VERSION") ? (c.old?.version ?? ANY) : ANY;
    const data = adopts(c, t);
    return {
      ops: [
        check(L, t.has("ADOPT-CHECK") ? (c.lock?.v ?? ANY) : ANY),
        ...leaveQueue(c, t),
        ...ownMirror(c),
        ...becomeHolder(c, t, data),
        remove(path, version),
      ],
    };
  },
  hear(c, t, answer) {
    if (c.phase === "") return look(c, t, answer);
    if (c.phase === "mirror") return hearMirror(c, t, answer);
    if (c.phase !== "lock") {
      const next = { ...c, data: adopts(c, t), adopted: true };
      return hearGrant(next, t, answer, refused, placeAgain);
    }
    if (!answer.ok) return again(c);
    const lock = parseLock(answer.data, answer.version);
    if (lock.hold) return wait({ ...c, lock });
    return { ...c, lock, phase: "", watches: [], woken: false };
  },
  lose: (c, t) => loseGrant({ ...c, data: adopts(c, t), adopted: true }),
};

function look(c: Client, t: Terms, answer: Answer): Client {
  const member = answer.ok ? answer.members[0] : undefined;
  if (!answer.ok || !member) return again(c);
  if (answer.data !== t.group && t.has("OWN-DATA"))
    return to(c, "RESOLVE", { giveUp: true, watches: [], woken: false });
  const slot = slotNumber(member.path);
  if (member.lives.length > 0) {
    if (t.has("OWN-WAIT") || !c.first) return wait(c);
    const mirror = { ...HELD, mirror: member.mirror };
    const joins = { slot, old: null, watches: [], woken: false, data: mirror };
    return to(c, "JOIN", joins);
  }
  const { path, state, recorded, mirror, version } = member;
  const old = { path, state, recorded, mirror, version };
  const next = { ...c, slot, old };
  const clean = { watches: [], woken: false };
  if (!c.lock || c.lock.hold) return { ...next, ...clean, phase: "lock" };
  const looks = (t.chef || mirror) && t.has("CHEF-ADOPT");
  return looks
    ? { ...next, phase: "mirror" }
    : { ...next, ...clean, phase: "adopt" };
}

function refused(c: Client, refusal: Refusal): Client {
  if (refusal.path === L && refusal.code === "BAD_VERSION")
    return { ...c, phase: "lock", lock: null };
  if (refusal.path === `${W}/${c.waiter ?? ""}`)
    return to(c, "PLACE", { old: null });
  return again(c);
}
