/** The rules of docs/protocol.md §6, in its words. Each can be taken out, to see that the model misses it. */
export const RULES = {
  "FAST-FREE": "FAST with N > 1 deletes and creates `H`: nobody holds at all",
  "FAST-NONE-WAIT": "FAST deletes and creates `W`: nobody waits",
  "DOUBT-FIRST":
    "a definite answer to a grant in doubt is read only after `quorumCheck` of `u`",
  DUPLICATES:
    "a waiter is found by its uuid; the lowest is kept, the others deleted",
  "NAME-KNOWN":
    "after a doubt the own waiter's name is known only once PLACE saw it alone",
  "RESOLVE-DOUBT": "giving up in doubt, an attempt looks for its `u`",
  POISON: "a FAST in doubt is poisoned before the look",
  QCHECK: "a doubt is settled by a quorum read",
  "PLACE-AGAIN": "a grant refused after a doubt finds its place again",
  "PUT-BACK":
    "giving up, an attempt that has adopted leaves the holder as it was",
  "GRANT-WAITER": "TAKE, JOIN and adoption delete the own waiter",
  "OWN-WATCH": "the live nodes of the own owner's holder are watched",
  "OWN-WAIT": "a live holder of the own owner is never joined",
  "OWN-QUEUE": "the nearest earlier waiter of the own owner is watched too",
  "OWN-DATA": "a holder of other lock data is never adopted",
  "ADOPT-CHECK": "the adoption names the version of `L`",
  "ADOPT-VERSION":
    "the adoption deletes the old holder at the version that it read",
  REPAIRING: "an adopted failed holder counts as failed until it is released",
  "LIVE-SESSION": "each session of a run has a live node of its own",
  REASSERT: "the holder is checked right before the act",
  "RECORD-VERSION": "`record` names the version of `u` that its run knows",
  "LAST-RELIVE":
    "the last operation comes after the answer to every RELIVE of the session that goes on",
  "HOLD-WATCH": "on hold, the first waiter watches `L`",
  "MEMBER-WATCH": "blocked, the first waiter watches every member",
  "MEMBER-GONE": "a member gone between list and read means another EVAL",
  "SLOTS-AFTER-W": "slots are listed after `W`",
  "EVAL-FAILED": "EVAL counts the failed holders",
  "EVAL-VERSION": "a grant names the version of `L` known before its EVAL",
  "ONE-SLOT": "a group with a slot never takes a second one",
  "SHORTCUT-FAILED":
    "the shortcut needs an EVAL with fewer failed than `maxFailures`",
  "HEIR-NEXT": "only the successor of a granted waiter uses its snapshot",
  "HEAD-KNOWN":
    "a snapshot stands for all holders only if the head stood right behind it",
  "BOTH-DOUBT": "a lost hand-over is a doubt of both",
  "FAIL-BUMP": "FAIL writes `L`",
  "FAIL-VERSION": "FAIL writes `L` at the version that it read",
  "FAIL-QUORUM": "NO_NODE of a plain read of `L` is no proof",
  WITNESS: "leaving others in the slot, a release checks that one is there",
  "CLEAR-AT-ONCE": "`clear` deletes member and slot in one transaction",
  "CLEAR-MIRROR": "a clear that deletes the slot deletes `M`",
  "CHEF-SLOT": "a slot that is created takes `M`, in one transaction",
  "CHEF-OWN": "`M` is ours only with the slot that it was made with",
  "CHEF-ADOPT": "an adoption owns `M`",
  "CHEF-JOIN": "a join owns `M`, and no mate is without it",
  "CHEF-LEAVE":
    "leaving only members behind that do not name its `M`, a release deletes `M` and checks all of them",
  "CHEF-ACT": "nothing begins without the `M` of its holder",
  "FOREIGN-WAITER": "a foreign child of `W` is no waiter",
} as const;

export type Rule = keyof typeof RULES;

export const ruleNames = (): Rule[] => Object.keys(RULES) as Rule[];

export const isRule = (name: string): name is Rule => name in RULES;
