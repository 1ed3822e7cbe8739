import { expect } from "chai";
import { lastRun } from "../../core/action/last-run";
import { mayStillRun, secondsToEnd } from "../../core/action/may-run";
import type { Debt } from "../../core/action/types";
import type { HolderRecord } from "../../core/lock/types";

const BEFORE = { identities: ["boot/1/1"] };
const LATER = { identities: ["boot/2/2"] };

const holderOf = (over: Partial<HolderRecord>): HolderRecord => ({
  ...{ v: 1, target: "web1", subject: "s", group: "web1", from: "x" },
  ...{ action: "a", since: "2026-01-01T00:00:00.000Z", state: "held" },
  ...{ run: "run-two-id", runKey: "two" },
  ...over,
});
const actingOf = (run: string, runKey?: string) => ({
  acting: {
    ...{ run, since: "2026-01-01T00:00:00.000Z", deadline: 60 },
    ...(runKey === undefined ? {} : { runKey }),
  },
});
const debtOf = (over: Partial<Debt>): Debt => ({
  ...{ phase: "owed", step: "act", runKey: "two", drained: false },
  ...over,
});

describe("what was begun last", () => {
  it("is nothing where nobody wrote anything", () => {
    expect(lastRun("two", null, null)).to.deep.equal({
      of: "none",
      phase: "owed",
    });
  });

  it("is what the holder names, though the debt knows of an earlier act alone", () => {
    const holder = holderOf({
      ...actingOf("run-two-id", "two"),
      baseline: LATER,
    });
    const debt = debtOf({
      runKey: "one",
      phase: "acted",
      act: "run-one-",
      baseline: BEFORE,
    });
    expect(lastRun("one", debt, holder)).to.deep.include({
      of: "other",
      phase: "attempted",
    });
    expect(lastRun("two", debt, holder)).to.deep.equal({
      ...{ of: "this", phase: "attempted", act: "run-two-" },
      baseline: LATER,
    });
  });

  it("is what the debt says of the very act that the holder names", () => {
    const holder = holderOf({
      ...actingOf("run-one-id", "one"),
      runKey: "one",
    });
    const debt = debtOf({
      runKey: "one",
      phase: "acted",
      act: "run-one-",
      baseline: BEFORE,
    });
    expect(lastRun("one", debt, holder)).to.deep.equal({
      ...{ of: "this", phase: "acted", act: "run-one-", baseline: BEFORE },
    });
    expect(lastRun("two", debt, holder)).to.deep.include({ of: "other" });
  });

  it("has the baseline of the holder where the debt had no room for it", () => {
    const holder = holderOf({
      ...{ ...actingOf("run-one-id", "one"), runKey: "one" },
      baseline: BEFORE,
    });
    const debt = debtOf({ runKey: "one", phase: "acted", act: "run-one-" });
    expect(lastRun("one", debt, holder).baseline).to.deep.equal(BEFORE);
    const other = { ...debt, act: "run-two-" };
    expect(
      lastRun("one", other, { ...holder, runKey: "two" }).baseline,
    ).to.equal(undefined);
  });

  it("is no act of a run that only drained: the act before it counts on", () => {
    const holder = holderOf({
      ...actingOf("run-one-id", "one"),
      drained: true,
      baseline: LATER,
    });
    const debt = debtOf({});
    expect(lastRun("two", debt, holder)).to.deep.equal({
      ...{ of: "this", phase: "owed", baseline: LATER },
    });
    expect(lastRun("one", debt, holder)).to.deep.include({
      ...{ of: "this", phase: "attempted", act: "run-one-" },
    });
    expect(lastRun("one", debt, holder)).not.to.have.property("baseline");
  });

  it("is a second act of the same run key, not the first one's good end", () => {
    const holder = holderOf(actingOf("run-two-id", "two"));
    const debt = debtOf({ phase: "acted", act: "another-" });
    expect(lastRun("two", debt, holder)).to.deep.include({
      phase: "attempted",
    });
  });

  it("is not what a holder says from before a run that took no lock", () => {
    const acted = actingOf("run-two-id", "two");
    const later = "2026-01-01T00:01:00.000Z";
    const [before, after] = ["2025-12-31T23:59:00.000Z", later];
    const left = holderOf({ ...acted, baseline: BEFORE });
    expect(lastRun("two", null, left, before)).to.include({ of: "this" });
    expect(lastRun("two", null, left, after)).to.include({ of: "none" });
    const debt = debtOf({ runKey: "one", phase: "attempted", act: "run-one-" });
    expect(lastRun("two", debt, left, after)).to.include({ of: "other" });
    // taken over since, by a run that was killed before it acted
    const taken = holderOf({ ...acted, since: later, baseline: LATER });
    expect(lastRun("two", null, taken, after)).to.deep.equal({
      ...{ of: "this", phase: "owed", baseline: LATER },
    });
  });

  describe("as earlier versions wrote it", () => {
    it("names the run key of the holder's own run", () => {
      const holder = holderOf(actingOf("run-two-id"));
      expect(lastRun("two", null, holder)).to.deep.include({
        of: "this",
        phase: "attempted",
      });
    });

    it("belongs to nobody where another run has written over it", () => {
      const holder = holderOf(actingOf("run-one-id"));
      expect(lastRun("two", null, holder).of).not.to.equal("none");
      expect(lastRun("two", null, holder).phase).to.equal("owed");
      expect(lastRun("one", null, holder)).to.deep.include({ of: "other" });
    });

    it("is known to a debt of the same run key", () => {
      const holder = holderOf(actingOf("run-two-id"));
      expect(
        lastRun("two", debtOf({ phase: "acted" }), holder),
      ).to.deep.include({
        ...{ of: "this", phase: "acted" },
      });
    });
  });
});

describe("an act that may still run", () => {
  const failure = (step: string, more: object = {}) => ({
    failure: { step, reason: "r", at: "", ...more },
  });
  const acting = actingOf("run-two-id", "two");
  const table: [string, Partial<HolderRecord>, boolean][] = [
    ["none was begun", {}, false],
    ["its run is gone", acting, true],
    [
      "its end was not told",
      { ...acting, ...failure("act", { run: "run-two-id" }), state: "failed" },
      true,
    ],
    [
      "it had an exit",
      {
        ...acting,
        ...failure("act", { run: "run-two-id", exit: 3 }),
        state: "failed",
      },
      false,
    ],
    [
      "a later step failed",
      {
        ...acting,
        ...failure("health", { run: "run-two-id" }),
        state: "failed",
      },
      false,
    ],
    [
      "an earlier run had failed, and this one acts anew",
      {
        ...acting,
        ...failure("health", { run: "run-one-id" }),
        state: "repairing",
      },
      true,
    ],
    [
      "a later run only looked",
      {
        ...acting,
        ...failure("look", { run: "run-three" }),
        run: "run-three",
        state: "failed",
      },
      true,
    ],
    [
      "an earlier version's failure is its own",
      { ...acting, ...failure("verify"), state: "failed" },
      false,
    ],
    [
      "an earlier version's failure was there before",
      { ...acting, ...failure("verify"), state: "repairing" },
      true,
    ],
  ];
  for (const [what, over, may] of table)
    it(`${what}: ${may ? "it may" : "it has ended"}`, () => {
      expect(mayStillRun(holderOf(over))).to.equal(may);
    });

  it("is over with its deadline, and five seconds more", () => {
    const at = (seconds: number) =>
      new Date(Date.UTC(2026, 0, 1, 0, 0, seconds));
    const holder = holderOf(acting);
    expect(secondsToEnd(holder, at(0))).to.equal(65);
    expect(secondsToEnd(holder, at(60))).to.equal(5);
    expect(secondsToEnd(holder, at(100))).to.equal(0);
    expect(secondsToEnd(holder, at(-100))).to.equal(65);
  });
});
