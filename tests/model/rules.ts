/** The rules of docs/protocol.md §6. Each can be taken out, to see that the model misses it. */
export const RULES = {
  "FAST-FREE":
    "FAST with N > 1 deletes and creates H: it succeeds only if nobody holds at all",
  "FAST-NONE-WAIT":
    "FAST deletes and creates W: it succeeds only if nobody waits",
  "DOUBT-FIRST":
    "a definite answer to a grant in doubt is read only after qcheck(u)",
  DUPLICATES:
    "a waiter is found by its uuid; the lowest is kept, the others deleted",
  "NAME-KNOWN":
    "after a doubt the own waiter's name is known only once PLACE saw it alone",
  "RESOLVE-DOUBT": "who gives up or changes session in doubt looks for its u",
  POISON: "a FAST in doubt is poisoned by setData(L) before the look",
  QCHECK: "a doubt is settled by a quorum check, never by a plain read",
  "PUT-BACK":
    "giving up, an attempt that has adopted leaves the holder as it was",
  "GRANT-WAITER": "TAKE, JOIN and the adoption delete the own waiter",
  "OWN-WATCH": "who finds its owner's holder alive watches its live nodes",
  "OWN-WAIT": "who finds its owner's holder alive waits, and never joins",
  "OWN-QUEUE": "a waiter watches the nearest earlier waiter of its owner too",
  "OWN-DATA": "a holder of other lock data is never adopted",
  "ADOPT-CHECK": "the adoption checks L's version, so it obeys hold",
  "ADOPT-VERSION":
    "the adoption deletes the old holder at the version that it read",
  REPAIRING: "who adopts a failed holder counts as failed until released",
  "LIVE-SESSION": "each session of a run has a live node of its own",
  REASSERT: "the holder is checked again right before the act",
  "RECORD-VERSION":
    "a record names the version of u that its run knows, so a late one undoes nothing",
  "LAST-RELIVE":
    "the last operation of a holder comes after the answer to every RELIVE",
  "HOLD-WATCH": "the first waiter watches L while the lock is on hold",
  "MEMBER-WATCH": "the first waiter watches data and children of every member",
  "MEMBER-GONE": "a member gone between list and read starts EVAL again",
  "SLOTS-AFTER-W": "slots are listed after W, never before",
  "EVAL-FAILED": "EVAL counts the failed holders",
  "EVAL-VERSION": "a grant checks the version of L known before its EVAL",
  "ONE-SLOT": "a group that has a slot never takes a second one",
  "SHORTCUT-FAILED":
    "the shortcut needs an EVAL with fewer than maxFailures failed",
  "HEIR-NEXT":
    "what a granted waiter knew goes to the one right behind it, to no other",
  "HEAD-KNOWN":
    "who queues takes an estate for all that hold only if the head of the queue stood right behind",
  "BOTH-DOUBT":
    "a lost answer to a release with the next one's grant in it is a doubt of both",
  "FAIL-BUMP": "FAIL changes L's version, so grants in flight fail",
  "FAIL-VERSION": "FAIL writes L only with the version it has read",
  "FAIL-QUORUM":
    "FAIL does not believe a plain read that says that L is gone: the quorum is asked",
  WITNESS:
    "who leaves others in the slot checks in the same multi that one is there",
  "PLACE-AGAIN":
    "a grant refused after a doubt finds its place again: it may be cleared",
  "CLEAR-AT-ONCE": "clear deletes member and slot in one multi",
  "CLEAR-MIRROR": "a clear that deletes the slot deletes Chef's lock too",
  "CHEF-SLOT": "a slot that is created takes Chef's lock in the same multi",
  "CHEF-OWN": "Chef's lock is ours only with the slot that it was made with",
  "CHEF-ADOPT": "an adoption has Chef's lock: checked, or taken if it is gone",
  "CHEF-JOIN":
    "a join has Chef's lock likewise, and joins no mate that does not name it",
  "FOREIGN-WAITER": "a persistent node among the waiters is no waiter",
} as const;

export type Rule = keyof typeof RULES;

export const ruleNames = (): Rule[] => Object.keys(RULES) as Rule[];

export const isRule = (name: string): name is Rule => name in RULES;
