/** TAKE, JOIN: the multi that makes the first waiter a holder. */
import type { StepRules } from "./answer";
import {
  becomeHolder,
  countGrant,
  qcheck,
  to,
  wait,
  type Client,
  type Request,
  type Terms,
} from "./client";
import { hearGrant, loseGrant, placeAgain, takeMirror } from "./grant";
import { leaveEstate } from "./heir";
import { L, M, slotPath, W } from "./layout";
import { ANY, check, create, remove, type Op, type Refusal } from "./tree";

const grantHead = (c: Client, t: Terms): Op[] => [
  check(L, t.has("EVAL-VERSION") ? (c.lock?.v ?? ANY) : ANY),
  remove(`${W}/${c.waiter ?? ""}`),
];

/** Who asks before the one ahead has its answer is first only if that one is granted. */
const rightBehindOf = (c: Client, t: Terms): Op[] =>
  c.behind !== "" && t.has("RIGHT-BEHIND") ? [check(c.behind)] : [];

function refused(c: Client, refusal: Refusal): Client {
  if (c.behind !== "") return placeAgain(c, refusal); // it may not be the first
  if (refusal.code === "BAD_VERSION") return to(c, "EVAL", { lock: null });
  if (refusal.path === `${W}/${c.waiter ?? ""}`) return to(c, "PLACE");
  if (refusal.path === M) return to(c, "TAKE", { phase: "mirror" });
  return to(c, "EVAL");
}

export const TAKE: StepRules = {
  ask(c, t): Request {
    if (c.refusal) return qcheck(c, t);
    if (c.phase === "mirror") return { read: "data", path: M, watch: true };
    const path = slotPath(c.slot);
    return {
      ops: [
        ...rightBehindOf(c, t),
        ...grantHead(c, t),
        ...(c.recreate ? [remove(path)] : []),
        create(path, t.group),
        ...becomeHolder(c, t, "held"),
        ...countGrant(t),
        ...leaveEstate(c, t, false),
        ...(c.recreate ? [] : takeMirror(t)),
      ],
    };
  },
  hear(c, t, answer) {
    if (c.phase === "mirror")
      return answer.ok ? wait(c) : to(c, "EVAL", { watches: [], woken: false });
    return hearGrant(c, t, answer, refused, placeAgain);
  },
  lose: loseGrant,
};

export const JOIN: StepRules = {
  ask: (c, t) =>
    c.refusal
      ? qcheck(c, t)
      : {
          ops: [
            ...grantHead(c, t),
            ...becomeHolder(c, t, "held"),
            ...countGrant(t),
            ...leaveEstate(c, t, true),
          ],
        },
  hear: (c, t, answer) => hearGrant(c, t, answer, refused, placeAgain),
  lose: loseGrant,
};
