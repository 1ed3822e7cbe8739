/** TAKE, JOIN: the multi that makes the first waiter a holder. */
import type { StepRules } from "./answer";
import {
  becomeHolder,
  qcheck,
  to,
  wait,
  type Client,
  type Request,
  type Terms,
} from "./client";
import {
  hearGrant,
  loseGrant,
  hearMirror,
  lookAtMirror,
  ownMirror,
  placeAgain,
  recordOf,
  takeMirror,
} from "./grant";
import { leaveEstate } from "./heir";
import { L, M, slotPath, W, type MemberData } from "./layout";
import { ANY, check, create, remove, type Op, type Refusal } from "./tree";

const grantHead = (c: Client, t: Terms): Op[] => [
  check(L, t.has("EVAL-VERSION") ? (c.lock?.v ?? ANY) : ANY),
  ...leaveQueue(c, t),
];

/** With the grant the waiter goes. */
export const leaveQueue = (c: Client, t: Terms): Op[] =>
  t.has("GRANT-WAITER") ? [remove(`${W}/${c.waiter ?? ""}`)] : [];

function refused(c: Client, refusal: Refusal): Client {
  if (refusal.code === "BAD_VERSION") return to(c, "EVAL", { lock: null });
  if (refusal.path === `${W}/${c.waiter ?? ""}`) return to(c, "PLACE");
  if (refusal.path === M && c.step === "TAKE")
    return to(c, "TAKE", { phase: "mirror" });
  return to(c, "EVAL");
}

export const TAKE: StepRules = {
  ask(c, t): Request {
    if (c.refusal) return qcheck(c, t);
    if (c.phase === "mirror") return lookAtMirror;
    const path = slotPath(c.slot);
    return {
      ops: [
        ...grantHead(c, t),
        ...(c.recreate ? [remove(path)] : []),
        create(path, t.group),
        ...becomeHolder(c, t, recordOf(t)),
        ...leaveEstate(c, t, false),
        ...(c.recreate ? [] : takeMirror(t)),
      ],
    };
  },
  hear(c, t, answer) {
    if (c.phase === "mirror")
      return answer.ok ? wait(c) : to(c, "EVAL", { watches: [], woken: false });
    const next = { ...c, data: recordOf(t) };
    return hearGrant(next, t, answer, refused, placeAgain);
  },
  lose: (c, t) => loseGrant({ ...c, data: recordOf(t) }),
};

/** It names the mirror of its mates, if it wants none itself. */
const joins = (c: Client, t: Terms): MemberData => ({
  ...recordOf(t),
  mirror: t.chef || c.data.mirror,
});

export const JOIN: StepRules = {
  ask(c, t): Request {
    if (c.refusal) return qcheck(c, t);
    if (c.phase === "mirror") return lookAtMirror;
    const data = joins(c, t);
    return {
      ops: [
        ...grantHead(c, t),
        ...ownMirror(c),
        ...becomeHolder(c, t, data),
        ...leaveEstate(c, t, true),
      ],
    };
  },
  hear(c, t, answer) {
    if (c.phase === "mirror") return hearMirror(c, t, answer);
    const next = { ...c, data: joins(c, t) };
    return hearGrant(next, t, answer, refused, placeAgain);
  },
  lose: (c, t) => loseGrant({ ...c, data: joins(c, t) }),
};
