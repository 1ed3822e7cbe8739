/** For each rule that can be taken out: where its absence shows, and as what. */
import type { Configuration } from "./configuration";
import type { Violation } from "./invariants";
import type { Budget } from "./operator";
import type { Rule } from "./rules";

export interface Missing {
  configuration: Configuration;
  violation: Violation;
}

function shows(
  violation: Violation,
  faults: Budget,
  more: Partial<Configuration> = {},
): Missing {
  const base = { owners: "pq", groups: "ab", max: "1" };
  const name = "where the missing rule shows";
  return { violation, configuration: { name, ...base, faults, ...more } };
}

const three = { owners: "pqr", groups: "abc" };
const oneOwner = { owners: "pp", groups: "aa" };
const oneGroup = { owners: "pqr", groups: "aaa", maxPerGroup: 2 };
const failing = { ...three, max: "2", maxFailures: 1 };

export const MISSING: Record<Rule, Missing> = {
  "FAST-FREE": shows("GROUP_TWICE", {}, { groups: "aa", max: "2" }),
  "FAST-NONE-WAIT": shows("FIFO", {}, three),
  "DOUBT-FIRST": shows("HOLDER_LEFT", { lostReply: 1, hold: 1 }),
  DUPLICATES: shows("ASLEEP", { lostReply: 1 }),
  "NAME-KNOWN": shows("WAITER_LEFT", { lostReply: 1, cancel: 1 }),
  "RESOLVE-DOUBT": shows("HOLDER_LEFT", { lostReply: 1, cancel: 1 }),
  POISON: shows("HOLDER_LEFT", { lateRequest: 1, cancel: 1 }),
  QCHECK: shows(
    "HOLDER_LEFT",
    { lostReply: 1, cancel: 1, abandonment: 1 },
    { memory: 1 },
  ),
  "PLACE-AGAIN": shows("ASLEEP", { lostReply: 1, clear: 1, hold: 1 }),
  "PUT-BACK": shows(
    "KEPT_FREED",
    { failure: 1, lostReply: 1, cancel: 1 },
    oneOwner,
  ),
  "GRANT-WAITER": shows("WAITER_LEFT", {}),
  "OWN-WATCH": shows("ASLEEP", { crash: 1 }, oneOwner),
  "OWN-WAIT": shows("OWNER_TWICE", {}, oneOwner),
  "OWN-QUEUE": shows(
    "ASLEEP",
    { crash: 1 },
    { owners: "pqpr", groups: "abac", cached: true },
  ),
  "OWN-DATA": shows("FOREIGN_SLOT", { crash: 1 }, { owners: "pp" }),
  "ADOPT-CHECK": shows("ON_HOLD", { crash: 1, hold: 1 }, oneOwner),
  "ADOPT-VERSION": shows(
    "RECORD_LOST",
    { expiry: 2 },
    { ...oneOwner, records: true },
  ),
  REPAIRING: shows("NOT_REPAIRING", { failure: 1 }, oneOwner),
  "LIVE-SESSION": shows("SEEMS_DEAD", { abandonment: 1 }, oneOwner),
  REASSERT: shows("EVICTED_ACTS", { clear: 1 }),
  "RECORD-VERSION": shows(
    "FAIL_UNDONE",
    { lateRequest: 1, failure: 1 },
    { records: true },
  ),
  "LAST-RELIVE": shows("SEEMS_ALIVE", { expiry: 1, failure: 1 }),
  "HOLD-WATCH": shows("ASLEEP", { hold: 1 }),
  "MEMBER-WATCH": shows(
    "FAILURE_UNSEEN",
    { failure: 1 },
    { onFailedHolder: "fail" },
  ),
  "MEMBER-GONE": shows("ASLEEP", {}, { ...oneGroup, fine: true }),
  "SLOTS-AFTER-W": shows("GROUP_FULL", {}, oneGroup),
  "EVAL-FAILED": shows("MAX_FAILURES", { failure: 1 }, failing),
  "EVAL-VERSION": shows("MAX_FAILURES", { failure: 1 }, failing),
  "ONE-SLOT": shows(
    "GROUP_TWICE",
    {},
    { ...oneGroup, max: "2", maxPerGroup: 1 },
  ),
  "SHORTCUT-FAILED": shows("MAX_FAILURES", { failure: 1 }, failing),
  "HEIR-NEXT": shows(
    "FIFO",
    { cancel: 1 },
    {
      owners: "pqrs",
      groups: "abcd",
      max: "2",
      patient: true,
      processes: "aaaa",
      cached: true,
    },
  ),
  "HEAD-KNOWN": shows(
    "ASLEEP",
    { crash: 1 },
    {
      owners: "qpp",
      groups: "baa",
      processes: "aba",
      runs: "211",
      patient: true,
      cached: true,
    },
  ),
  "BOTH-DOUBT": shows("ASLEEP", { lostReply: 1 }, { processes: "aa" }),
  "FAIL-BUMP": shows("MAX_FAILURES", { failure: 1 }, failing),
  "FAIL-VERSION": shows("HOLD_UNDONE", { failure: 1, hold: 1 }),
  "FAIL-QUORUM": shows(
    "FALSE_REPORT",
    { abandonment: 1, failure: 1 },
    { missing: true, memory: 2 },
  ),
  WITNESS: shows("SLOT_LEFT", {}, { ...three, groups: "aab" }),
  "CLEAR-AT-ONCE": shows("SLOT_LEFT", { clear: 1 }),
  "CLEAR-MIRROR": shows("MIRROR", { clear: 1 }, { chef: 1 }),
  "CHEF-SLOT": shows("MIRROR", {}, { chef: 1 }),
  "CHEF-OWN": shows(
    "MIRROR",
    { crash: 1 },
    { ...oneOwner, chef: 0, takesChef: "01", mirrorTaken: true },
  ),
  "CHEF-ADOPT": shows(
    "MIRROR",
    { failure: 1, chefCleared: 1 },
    { ...oneOwner, chef: 1 },
  ),
  "CHEF-JOIN": shows("MIRROR", {}, { groups: "aa", chef: 1, takesChef: "01" }),
  "CHEF-LEAVE": shows(
    "MIRROR",
    { crash: 1 },
    {
      ...oneGroup,
      owners: "ppq",
      maxPerGroup: 3,
      chef: 0,
      takesChef: "010",
      cached: true,
    },
  ),
  "CHEF-ACT": shows("BESIDE_CHEF", { chefCleared: 1 }, { chef: 0 }),
  "FOREIGN-WAITER": shows("ASLEEP", {}, { foreign: true }),
};

/** The same rule may show elsewhere too: N lowered by who sees nobody in slot 0. */
export const N_LOWERED: Missing = shows("GROUPS", {}, { ...three, max: "221" });
