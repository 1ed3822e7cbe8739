import { expect } from "chai";
import { compare, comparedByAge } from "../../core/process/compare";
import { readSighting } from "../../core/process/report";
import type { Sighting } from "../../core/process/types";

const seen = (identities: string[], more: object = {}): Sighting => ({
  kind: "seen",
  identities,
  ages: identities.map(() => 10),
  ...more,
});
const unknown: Sighting = { kind: "unknown", reason: "hidden" };

describe("comparing with the baseline", () => {
  const baseline = { identities: ["b/1/100", "b/2/100"] };

  it("is restarted only if something runs and nothing of the baseline is left", () => {
    expect(compare(baseline, seen(["b/3/200"]))).to.equal("restarted");
    expect(compare(baseline, seen(["b/3/200", "b/2/100"]))).to.equal("same");
    expect(compare(baseline, seen(["b/1/101"]))).to.equal("restarted");
    expect(compare(baseline, seen(["c/1/100", "c/2/100"]))).to.equal(
      "restarted",
    );
    expect(compare(baseline, seen([]))).to.equal("down");
    expect(compare({ identities: [] }, seen(["b/3/200"]))).to.equal(
      "restarted",
    );
    expect(compare({ identities: [] }, seen([]))).to.equal("down");
  });

  it("never takes what could not be seen for down", () => {
    expect(compare(baseline, unknown)).to.equal("unknown");
    expect(comparedByAge(100, 1, unknown)).to.equal("unknown");
  });

  it("of a unit goes by its invocation while it is active", () => {
    const before = { identities: ["b/1/100"], invocationId: "i1" };
    const unit = (invocationId: string, activeState: string, id = "b/1/100") =>
      seen([id], { invocationId, activeState });
    expect(compare(before, unit("i1", "active"))).to.equal("same");
    expect(compare(before, unit("i1", "active", "b/9/900"))).to.equal("same");
    expect(compare(before, unit("i2", "active"))).to.equal("restarted");
    expect(compare(before, unit("i2", "reloading"))).to.equal("restarted");
    for (const state of ["failed", "inactive", "activating", "deactivating"])
      expect(compare(before, unit("i2", state)), state).to.equal("down");
    // its main process has died, and systemd is about to notice
    const dead = { invocationId: "i2", activeState: "active", deadMain: 9 };
    expect(compare(before, seen([], dead))).to.equal("down");
    // the file of the unit is gone
    const removed = { ...dead, loadState: "not-found" };
    expect(compare(before, seen(["b/9/900"], removed))).to.equal("down");
    // systemd before 232 knows no invocations
    const old = { identities: ["b/1/100"] };
    expect(compare(old, seen(["b/2/200"], { activeState: "active" }))).to.equal(
      "restarted",
    );
  });

  it("of a unit that runs once goes by its last run, if that one ended well", () => {
    const ended = (result: string, invocationId?: string) =>
      seen([], {
        activeState: result === "success" ? "inactive" : "failed",
        ended: { result, ...(invocationId ? { invocationId } : {}) },
      });
    const before = { identities: [], invocationId: "i1" };
    expect(compare(before, ended("success", "i1"))).to.equal("same");
    expect(compare(before, ended("success", "i2"))).to.equal("restarted");
    expect(compare(before, ended("exit-code", "i2"))).to.equal("down");
    expect(compare({ identities: [] }, ended("success", "i2"))).to.equal(
      "restarted",
    );
    // systemd has forgotten it: nothing is proven
    expect(compare(before, ended("success"))).to.equal("down");
    expect(comparedByAge(100, 1, ended("success", "i2"))).to.equal("down");
  });

  it("by ages is restarted only beyond all doubt", () => {
    const aged = (...ages: number[]): Sighting => ({
      kind: "seen",
      identities: ages.map((_, i) => `b/${i}/1`),
      ages,
    });
    expect(comparedByAge(100, 2, aged(97))).to.equal("restarted");
    expect(comparedByAge(100, 2, aged(98))).to.equal("same");
    expect(comparedByAge(100, 2, aged(500))).to.equal("same");
    expect(comparedByAge(100, 2, aged(10, 500))).to.equal("same");
    expect(comparedByAge(100, 2, aged())).to.equal("down");
    expect(comparedByAge(100, 2, aged(Infinity))).to.equal("same");
    const unit = { ...aged(1), activeState: "failed" };
    expect(comparedByAge(100, 2, unit)).to.equal("down");
  });
});

describe("the report of a look", () => {
  const boot = "75d0b186-03d4-4bea-91e2-9bc76aa9dd08";
  const report = [
    `boot ${boot} 100 0`,
    "p 20 500",
    "p 10 300",
    "p 30 900",
    "end 3 1000 99",
    "",
  ].join("\n");
  const read = (text: string, which?: "oldest" | "newest") =>
    readSighting({ commandString: "x", ...(which ? { which } : {}) }, text);

  it("becomes identities, the oldest first, and their ages", () => {
    expect(read(report)).to.deep.equal({
      kind: "seen",
      identities: [`${boot}/10/300`, `${boot}/20/500`, `${boot}/30/900`],
      ages: [7, 5, 1],
    });
    expect(read(report, "oldest")).to.deep.include({
      identities: [`${boot}/10/300`],
    });
    expect(read(report, "newest")).to.deep.include({
      identities: [`${boot}/30/900`],
    });
  });

  it("that was cut anywhere is no report, never an empty one", () => {
    for (let length = 0; length < report.length - 4; length++)
      expect(read(report.slice(0, length)), `${length}`).to.deep.equal({
        kind: "unknown",
        reason: "the answer of the host is not complete",
      });
    expect(read(report.replace("p 10 300\n", ""))).to.include({
      kind: "unknown",
    });
    expect(
      read(report.replace("p 10 300", "p 10 30\n[… 9 bytes left out …]\n0")),
    ).to.include({ kind: "unknown" });
  });

  describe("of a unit", () => {
    const unit = (lines: string[], rows: string[] = ["p 10 300"]) =>
      readSighting(
        { unit: "foo" },
        [
          `boot ${boot} 100 0`,
          ...lines.map((l) => `unit ${l}`),
          ...rows,
          `end ${rows.length} 1000 1`,
        ].join("\n"),
      );

    it("has its state, and its invocation while it is active", () => {
      expect(
        unit(["LoadState loaded", "ActiveState active", "InvocationID i1"]),
      ).to.deep.equal({
        kind: "seen",
        identities: [`${boot}/10/300`],
        ages: [7],
        activeState: "active",
        invocationId: "i1",
      });
      // after a crash systemd still tells the last one
      expect(
        unit(["LoadState loaded", "ActiveState failed", "InvocationID i1"], []),
      ).to.deep.equal({
        kind: "seen",
        identities: [],
        ages: [],
        activeState: "failed",
      });
    });

    it("is up by its invocation where it has no main process", () => {
      expect(
        unit(["LoadState loaded", "ActiveState active", "InvocationID i1"], []),
      ).to.deep.equal({
        kind: "seen",
        identities: [`${boot}/invocation/i1`],
        ages: [Infinity],
        activeState: "active",
        invocationId: "i1",
      });
    });

    it("that systemd does not know is told as such; what says nothing is unknown, not down", () => {
      expect(
        unit(["LoadState not-found", "ActiveState inactive"], []),
      ).to.deep.equal({
        kind: "seen",
        identities: [],
        ages: [],
        activeState: "inactive",
        loadState: "not-found",
      });
      expect(unit([])).to.deep.equal({
        kind: "unknown",
        reason: "systemctl said nothing of it",
      });
    });
  });
});
