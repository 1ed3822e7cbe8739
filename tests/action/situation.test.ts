import { expect } from "chai";
import { openContext } from "../../core/action/context";
import { lastRun } from "../../core/action/last-run";
import type { Seen } from "../../core/action/look";
import { planUnderLock } from "../../core/action/situation";
import type { Tenure } from "../../core/action/tenure";
import type {
  ActionDeps,
  ActionSpec,
  Debt,
  Perform,
} from "../../core/action/types";
import type { Baseline, HolderRecord } from "../../core/lock/types";

const OLD = "boot/1/100";
const NEW = "boot/2/200";
const NEWER = "boot/3/300";
const seen = (...identities: string[]): Seen => ({
  ...{ kind: "seen", identities },
  ages: identities.map(() => 10),
});
const baseline = (...identities: string[]): Baseline => ({ identities });

interface Situation {
  perform?: Perform | "command";
  /** Own stale or failed holder. */
  adopted?: Partial<HolderRecord>;
  debt?: Partial<Debt>;
  first?: Seen | null;
  now?: Seen | null;
  /** Seconds that the holder of `adopted` had stood; processes run for 10. */
  lockAge?: number | null;
}

function plan({
  perform = "restart",
  adopted,
  debt,
  first = seen(OLD),
  now = seen(OLD),
  lockAge = null,
}: Situation) {
  const act =
    perform === "command"
      ? { kind: "command", command: "true", timeout: 1 }
      : { kind: "service", service: "web", perform, timeout: 1 };
  const spec = {
    ...{ act, runKey: "key", mode: "act", secrets: [], connection: {} },
    debt: debt
      ? {
          phase: "attempted",
          step: "act",
          runKey: "key",
          drained: false,
          ...debt,
        }
      : null,
  } as unknown as ActionSpec;
  const deps = { clock: { date: () => new Date() } } as unknown as ActionDeps;
  const tenure = { adopted: adopted ?? null } as Tenure;
  const last = lastRun(spec.runKey, spec.debt, tenure.adopted);
  const looks = { first, now, lockAge };
  return planUnderLock(openContext(spec, deps), tenure, last, looks).kind;
}

describe("already restarted?", () => {
  const table: [string, Situation, "act" | "verify" | "undrain"][] = [
    ["the same process as ever", {}, "act"],
    ["no process at all", { first: seen(), now: seen() }, "act"],
    ["nothing to look at", { first: null, now: null }, "act"],
    ["another process than before we waited", { now: seen(NEW) }, "verify"],
    ["started while we waited", { first: seen(), now: seen(NEW) }, "verify"],
    ["stopped while we waited", { now: seen() }, "act"],
    [
      "one of two processes is left from before we waited",
      { first: seen(OLD, NEW), now: seen(OLD, NEWER) },
      "act",
    ],
    [
      "another process while a command waited",
      { perform: "command", now: seen(NEW) },
      "act",
    ],
    [
      "another process while a reload waited",
      { perform: "reload", now: seen(NEW) },
      "act",
    ],
    [
      "restarted since the baseline in our own holder",
      {
        adopted: { runKey: "key", baseline: baseline(OLD) },
        first: seen(NEW),
        now: seen(NEW),
      },
      "verify",
    ],
    [
      "the same, but of another configuration",
      {
        adopted: { runKey: "other", baseline: baseline(OLD) },
        first: seen(NEW),
        now: seen(NEW),
      },
      "act",
    ],
    [
      "a holder without a baseline",
      { adopted: { runKey: "key" }, first: seen(NEW), now: seen(NEW) },
      "act",
    ],
    ...(
      [
        ["the process is younger than it", {}, "verify"],
        ["no age of it is known", { lockAge: null }, "act"],
        ["the process is hardly younger", { lockAge: 11 }, "act"],
        ["the process is older", { lockAge: 5 }, "act"],
        ["nothing runs", { first: seen(), now: seen() }, "act"],
        ["of another configuration", { adopted: { runKey: "x" } }, "act"],
        ["it began no command", { perform: "command" }, "act"],
        [
          "it had begun the command",
          {
            perform: "command",
            adopted: {
              run: "r",
              runKey: "key",
              acting: { run: "r", since: "", deadline: 1 },
            },
          },
          "verify",
        ],
        ["its reload cannot be told by age", { perform: "reload" }, "act"],
      ] as [string, Situation, "act" | "verify"][]
    ).map(([what, more, kind]): [string, Situation, "act" | "verify"] => [
      `a holder without a baseline, and ${what}`,
      {
        adopted: { runKey: "key" },
        ...{ first: seen(NEW), now: seen(NEW), lockAge: 60 },
        ...more,
      },
      kind,
    ]),
    [
      "restarted since the debt",
      { debt: { baseline: baseline(OLD) }, first: seen(NEW), now: seen(NEW) },
      "verify",
    ],
    [
      "restarted since the debt of another configuration",
      {
        debt: { runKey: "other", baseline: baseline(OLD) },
        first: seen(NEW),
        now: seen(NEW),
      },
      "act",
    ],
    [
      "not restarted since the debt",
      { debt: { baseline: baseline(OLD) } },
      "act",
    ],
    [
      "down since the debt",
      { debt: { baseline: baseline(OLD) }, first: seen(), now: seen() },
      "act",
    ],
    [
      "started since a debt that was owed while it was down",
      { debt: { baseline: baseline() }, first: seen(NEW), now: seen(NEW) },
      "verify",
    ],
    [
      "a command's process restarted since the debt",
      {
        perform: "command",
        debt: { baseline: baseline(OLD) },
        first: seen(NEW),
        now: seen(NEW),
      },
      "verify",
    ],
    [
      "a reload that was owed, and a new process has read it all anew",
      {
        perform: "reload",
        debt: { baseline: baseline(OLD) },
        first: seen(NEW),
        now: seen(NEW),
      },
      "verify",
    ],
    [
      "a reload that ended well, and was not verified",
      { perform: "reload", debt: { phase: "acted", baseline: baseline(OLD) } },
      "verify",
    ],
    [
      "a reload that failed",
      {
        perform: "reload",
        debt: { phase: "attempted", baseline: baseline(OLD) },
      },
      "act",
    ],
    [
      "a stop that ended well, and nothing is left",
      {
        perform: "stop",
        debt: { phase: "acted", baseline: baseline(OLD) },
        first: seen(),
        now: seen(),
      },
      "verify",
    ],
    [
      "a stop that ended well, and it still runs",
      { perform: "stop", debt: { phase: "acted", baseline: baseline(OLD) } },
      "act",
    ],
    [
      "a start that ended well, and it runs",
      { perform: "start", debt: { phase: "acted", baseline: baseline() } },
      "verify",
    ],
    [
      "a start that never came about, though it runs",
      { perform: "start", debt: { phase: "owed", baseline: baseline() } },
      "act",
    ],
    [
      "a command that ended well, with nothing to look at",
      { perform: "command", debt: { phase: "acted" }, first: null, now: null },
      "verify",
    ],
    [
      "a command that failed, with nothing to look at",
      {
        perform: "command",
        debt: { phase: "attempted" },
        first: null,
        now: null,
      },
      "act",
    ],
    [
      "verified, and only undrain is owed",
      { debt: { phase: "verified" } },
      "undrain",
    ],
    [
      "verified once, but another configuration is wanted now",
      { debt: { phase: "verified", runKey: "other" } },
      "act",
    ],
  ];
  for (const [what, situation, kind] of table)
    it(`${what}: ${kind}`, () => {
      expect(plan(situation)).to.equal(kind);
    });
});
