import type { Kind } from "../course/plan";

/** A rule of docs/protocol.md taken out of the real code, or a fault that was once in it. */
export interface Mutant {
  name: string;
  /** Courses of this kind show it soonest. */
  only?: Kind;
  edits: { file: string; from: string; to: string }[];
}

const mutant = (
  name: string,
  only: Kind | undefined,
  ...edits: [file: string, from: string, to: string][]
): Mutant => ({
  name,
  ...(only && { only }),
  edits: edits.map(([file, from, to]) => ({
    file: `core/${file}`,
    from,
    to,
  })),
});

const TRANSACTIONS = "lock/tree/transactions.ts";
const LIVING = "lock/holder/living-holder.ts";
const VIEW = "lock/local/view.ts";
const CHOOSE = "lock/acquire/choose.ts";
const ADOPT = "lock/acquire/adopt.ts";
const RESOLVE = "lock/acquire/resolve.ts";
const LOCK_CHECK = 'check("lock", paths.lock, version), // EVAL-VERSION';

/** Each is found by the simulation, or the simulation is blind. */
export const MUTANTS: Mutant[] = [
  mutant(
    "V3, RECORD-VERSION",
    "faults",
    [
      LIVING,
      "record(path, this.live, data, this.version)",
      "record(path, this.live, data, -1)",
    ],
    // FAIL takes older live nodes away too, and a late record names one
    ["lock/holder/held.ts", "lives: [...this.lives]", "lives: [this.live]"],
  ),
  mutant("V5, ADOPT-VERSION", "faults", [
    ADOPT,
    "version: stat.version }, // ADOPT-VERSION",
    "version: -1 },",
  ]),
  mutant(
    "V6, LAST-RELIVE",
    "faults",
    [LIVING, "    await this.reliving;\n", ""],
    [LIVING, "      if (this.isOver()) throw new Ended();\n", ""],
    [LIVING, "{ ...until, signal }", "until"],
  ),
  mutant("V7, FAIL-QUORUM", "faults", [
    "lock/tree/lock-node.ts",
    'if (reply.code === "NO_NODE")\n    reply = await upToDate(session, path, until, read);\n',
    "",
  ]),
  mutant("V8: a cancel that rejects with another's error", "operators", [
    "lock/acquire/give-up.ts",
    "if (!(error instanceof LockLost)) throw error;",
    "throw error;",
  ]),
  mutant("FAST-FREE", "light", [
    TRANSACTIONS,
    "...(maxHolders === 1 ? [] : nobodyHolds(holder.paths)),",
    "",
  ]),
  mutant("FAST-NONE-WAIT", "light", [
    TRANSACTIONS,
    "...nobodyWaits(holder.paths), // FAST-FREE\n  // the only slot",
    "// the only slot",
  ]),
  mutant("DOUBT-FIRST", "faults", [
    "lock/acquire/grant.ts",
    "if (!attempt.doubt) return reply;",
    "attempt.doubt = null;\n    if (!attempt.doubt) return reply;",
  ]),
  mutant("DUPLICATES", "faults", [
    "lock/acquire/queue.ts",
    "if (mine.length > 1) {",
    "if (mine.length > 99) {",
  ]),
  mutant("RESOLVE-DOUBT", "faults", [
    RESOLVE,
    "if (!doubt) return null;",
    "if (attempt) return null;",
  ]),
  mutant("POISON", "faults", [
    RESOLVE,
    "if (!attempt.queued)\n    await settle(session, until, () => poison(session, paths.lock, doubt.lock)); // POISON\n",
    "",
  ]),
  mutant("QCHECK", "faults", [
    "lock/tree/settle.ts",
    'await settle(session, until, () => quorumCheck(session, "barrier", path));',
    "",
  ]),
  mutant("GRANT-WAITER", "light", [
    TRANSACTIONS,
    'remove("waiter", waiter), // RESOLVE',
    "// RESOLVE",
  ]),
  mutant("OWN-WATCH", "light", [
    ADOPT,
    "session.getChildren(path, attempt.watcher),",
    "session.getChildren(path),",
  ]),
  mutant(
    "OWN-WAIT",
    "light",
    [TRANSACTIONS, 'remove("old holder", old.path, old.version),', ""],
    [ADOPT, 'if (live.children?.length) return "WAIT";', ""],
  ),
  mutant("OWN-QUEUE", undefined, [
    "lock/acquire/behind.ts",
    "new Set([at.ahead!, at.sameOwner ?? at.ahead!])",
    "new Set([at.ahead!])",
  ]),
  mutant("OWN-DATA", undefined, [
    ADOPT,
    "if (group !== request.group) throw otherData(attempt, id, group);",
    "",
  ]),
  mutant("ADOPT-CHECK, EVAL-VERSION", "light", [
    TRANSACTIONS,
    LOCK_CHECK,
    "// EVAL-VERSION",
  ]),
  mutant("REPAIRING", undefined, [
    ADOPT,
    'state: old.state === "held" ? "held" : "repairing", // REPAIRING',
    'state: "held",',
  ]),
  mutant("LIVE-SESSION", "faults", [
    "zookeeper/supervised-client.ts",
    "this.liveName = ",
    "this.liveName ||= ",
  ]),
  mutant("REASSERT", "operators", [
    LIVING,
    "async reassert(): Promise<void> {",
    "async reassert(): Promise<void> {\n    if (this.path) return;",
  ]),
  mutant(
    "HOLD-WATCH",
    "operators",
    [
      "lock/acquire/evaluate.ts",
      "readLock(attempt, attempt.watcher)",
      "readLock(attempt)",
    ],
    [
      "lock/acquire/take.ts",
      "readLock(attempt, attempt.watcher)",
      "readLock(attempt)",
    ],
  ),
  mutant("MEMBER-WATCH", "light", [
    "lock/acquire/read-members.ts",
    "session.getData(path, watcher),\n    session.getChildren(path, watcher),",
    "session.getData(path),\n    session.getChildren(path),",
  ]),
  mutant(
    "MEMBER-GONE",
    "light",
    [
      "lock/acquire/evaluate.ts",
      'if (left !== null && choice.kind !== "take") return "EVAL";',
      "",
    ],
    [
      "lock/acquire/read-members.ts",
      "if (ids.length > 1) return null;",
      'if (ids.length > 1) return "left";',
    ],
  ),
  mutant("SLOTS-AFTER-W", undefined, [
    "lock/acquire/queue.ts",
    "const waiters = session.getChildren(paths.waiters);\n  const slots = withSlots ? listSlots(session, paths, limits.maxHolders) : null;\n  return { waiters: await waiters, slots: await slots };",
    "const slots = withSlots ? await listSlots(session, paths, limits.maxHolders) : null;\n  return { waiters: await session.getChildren(paths.waiters), slots };",
  ]),
  mutant("EVAL-FAILED", "light", [
    CHOOSE,
    "if (failed.length >= maxFailures) return {",
    "if (failed.length >= 99) return {",
  ]),
  mutant("ONE-SLOT", "light", [
    CHOOSE,
    "if (mates.length > 0) {",
    "if (mates.length > 0 && mates.length < (maxPerGroup ?? Infinity)) {",
  ]),
  mutant("SHORTCUT-FAILED", undefined, [
    CHOOSE,
    "if (members.filter(countsAsFailed).length >= maxFailures) return [];",
    "",
  ]),
  mutant("HEIR-NEXT", undefined, [
    VIEW,
    "if (heir.ahead === null || grant?.waiter !== heir.ahead) return null;",
    "if (heir.ahead === null || !grant) return null;",
  ]),
  mutant("HEAD-KNOWN", undefined, [
    VIEW,
    "if (!grant || this.behind.get(grant.waiter)?.waiter !== head) return null;",
    "if (!grant) return null;",
  ]),
  mutant("BOTH-DOUBT", "faults", [
    TRANSACTIONS,
    "return isLoss(reply) ? reply : {",
    "return {",
  ]),
  mutant("FAIL-BUMP", "light", [
    TRANSACTIONS,
    'set("lock", lock.path, lock.data, lock.version), // FAIL-BUMP',
    'check("lock", lock.path, lock.version), // FAIL-BUMP',
  ]),
  mutant("FAIL-VERSION", "operators", [
    TRANSACTIONS,
    'set("lock", lock.path, lock.data, lock.version), // FAIL-BUMP',
    'set("lock", lock.path, lock.data), // FAIL-BUMP',
  ]),
  mutant("WITNESS", undefined, [
    TRANSACTIONS,
    ': others.map((name) => check("other", `${s}/${name}`))),',
    ": []),",
  ]),
  mutant("CLEAR-MIRROR", "chef", [
    TRANSACTIONS,
    "...freeMirror(mirror), // CLEAR-MIRROR",
    "",
  ]),
  mutant("CHEF-SLOT", "chef", [
    TRANSACTIONS,
    "Buffer.from(holder.record.group)),\n  ...makeMirror(mirror),",
    "Buffer.from(holder.record.group)),",
  ]),
  mutant("CHEF-ADOPT", "chef", [TRANSACTIONS, "...chef, // CHEF-ADOPT", ""]),
  mutant("CHEF-ACT", "chef", [
    TRANSACTIONS,
    "...keepMirror(mirror), // CHEF-ACT\n];\n\n/** RECORD",
    "];\n\n/** RECORD",
  ]),
  mutant("FOREIGN-WAITER", "operators", [
    "lock/acquire/standing.ts",
    "if (!isWaiterName(name) || is.isForeign(name)) continue;",
    "",
  ]),
];
