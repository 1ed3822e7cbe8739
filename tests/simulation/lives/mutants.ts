import type { Mutant } from "../mutants/mutants";

const mutant = (
  name: string,
  ...edits: [file: string, from: string, to: string][]
): Mutant => ({
  name,
  edits: edits.map(([file, from, to]) => ({ file, from, to })),
});

const LINE_UP = "provider/rolling/line-up.ts";
const EARLIER = "provider/rolling/earlier.ts";
const LAST_RUN = "core/action/last-run.ts";

/** Faults that were once in the code, each put back: lives find it, or they are blind. */
export const MUTANTS: Mutant[] = [
  mutant("1 an act counts for whoever noted something last", [
    LAST_RUN,
    "if (acting.runKey !== undefined) return acting.runKey;",
    "if (acting.runKey !== undefined) return holder.runKey;",
  ]),
  mutant("2 who keeps a lock goes in its turn", [
    "provider/rolling/decide.ts",
    'if (left === "kept" || left === "stale") return "holder";',
    'if (left === "kept" || left === "stale") return "turn";',
  ]),
  mutant("3 a stopped roll is a success", [
    "provider/rolling/outcome.ts",
    "if (count.failed === 0 && count.left === 0) return null;",
    "if (count.failed === 0) return null;",
  ]),
  mutant("4 an earlier record of a host counts", [
    EARLIER,
    "return new Map(own.map(",
    "return new Map(own.reverse().map(",
  ]),
  mutant("5 locks are asked for only where something is due", [
    EARLIER,
    "(urn !== undefined && urn === fleet.urn),",
    "(urn !== undefined && urn === fleet.urn && subjects.has(target)),",
  ]),
  mutant(
    "6 a canary that did not pass has passed",
    [
      "provider/rolling/resumed.ts",
      "record.canary === true && record.verified === true",
      "record.canary === true",
    ],
    [
      "provider/rolling/roll-fleet.ts",
      'const passed = canary && ending.kind === "done" && ending.passed;',
      "const passed = canary;",
    ],
    [
      LINE_UP,
      "host.canary && isDone(host) && !due.has(host.key) && !now.has(host.key),",
      "host.canary,",
    ],
  ),
  mutant("7 a host that is only recorded stands for the others", [
    LINE_UP,
    '.filter(({ host }) => modeOf(host.plan, host.state) === "act")',
    "",
  ]),
  mutant("8 a canary of an earlier roll stands for the next one", [
    LINE_UP,
    "host.canary && isDone(host) && !due.has(host.key) && !now.has(host.key),",
    "host.canary,",
  ]),
  mutant("9 what was left under other lock data is not taken over", [
    "core/action/lock.ts",
    "const known = error instanceof LockDataChanged && error.group;",
    'const known = error instanceof LockDataChanged && "";',
  ]),
  mutant("10 what was verified is dropped when it is read back", [
    "provider/rolling/state.ts",
    "  verifiedBy: checks.optional(),\n",
    "",
  ]),
  mutant("11 a pattern that finds nothing is believed", [
    "provider/rolling/decide.ts",
    'if (processes === "mismatched") return "ask";',
    'if (processes === "mismatched") return "repair";',
  ]),
  mutant(
    "12 the broken go before the canaries",
    [
      LINE_UP,
      ".filter(({ key }) => able.has(key))",
      '.filter(({ key, stage }) => able.has(key) && stage === "rest")',
    ],
    [
      "core/roll/waves.ts",
      "member.stage === stage && (member.canary ?? false) === canary,",
      "member.stage === stage && (member.canary ?? stage !== 'rest') === canary,",
    ],
  ),
  mutant("14 the state outranks what the holder says", [
    LAST_RUN,
    "if (holder && acting && !knows(debt, holder, acting)) {",
    "if (!own && holder && acting && !knows(debt, holder, acting)) {",
  ]),
  mutant("15 a new process is no proof of a reload", [
    "core/action/situation.ts",
    'if (!switches && processes === "others") {',
    'if (!switches && processes === "others" && performOf(act) !== "reload") {',
  ]),
  mutant("16 a lock is given back while its act may run", [
    "provider/kept.ts",
    "if (!ended) await untilOver(",
    "if (!ended && !where) await untilOver(",
  ]),
  mutant("17 a success tells nothing of its lock", [
    "core/action/settle.ts",
    "      const where = tenure.where();\n",
    "      const where = null as ReturnType<typeof tenure.where>;\n",
  ]),
  mutant("19 nobody asks for what a killed run has left", [
    "provider/left-behind.ts",
    "if (plan.lock.skip) return [];\n  const itself",
    "if (plan.lock.name) return [];\n  const itself",
  ]),
];
