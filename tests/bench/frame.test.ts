import { expect } from "chai";
import { Bench, Figure } from "../../bench/frame";
import { holds, sentence, type Goal } from "../../bench/frame/goal";
import { parseOptions } from "../../bench/frame/options";
import { quantile, summarize } from "../../bench/frame/statistics";
import { table } from "../../bench/frame/table";
import { Sandbox } from "../support/sandbox";

const goal = (change: Partial<Goal>): Goal => ({
  what: "hand-off median vs InterProcessSemaphoreV2",
  value: 0.92,
  relation: "≤",
  bound: 1,
  ...change,
});

describe("the frame of the benchmarks", () => {
  it("takes quantiles on a straight line between neighbours", () => {
    expect(quantile([4, 1, 3, 2], 0.5)).to.equal(2.5);
    expect(quantile([5], 0.99)).to.equal(5);
    expect(summarize([1, 2, 3, 4, 5])).to.deep.equal({
      median: 3,
      min: 1,
      max: 5,
      lowerQuartile: 2,
      upperQuartile: 4,
    });
    expect(() => quantile([], 0.5)).to.throw("no values");
  });

  it("reads its options and refuses others", () => {
    expect(parseOptions([])).to.deep.equal({
      quick: false,
      json: false,
      runs: 5,
      only: [],
    });
    expect(parseOptions(["--quick", "--json"]).runs).to.equal(3);
    expect(parseOptions(["--quick", "--runs", "7"]).runs).to.equal(7);
    expect(() => parseOptions(["--runs", "0"])).to.throw("from 1 to 9999");
    expect(() => parseOptions(["--fast"])).to.throw("--fast");
  });

  it("compares ours with a peer run by run", () => {
    const figure = new Figure("hand-off", "ms");
    for (const value of [2, 20, 3]) figure.add("ours", value);
    for (const value of [4, 40, 4]) figure.add("peer", value);
    expect(figure.ratios("peer")).to.deep.equal([0.5, 0.5, 0.75]);
    expect(figure.judged("peer").value).to.equal(0.5);
    expect(figure.judged("nobody")).to.deep.equal({
      value: null,
      why: "no nobody here",
    });
  });

  it("says of each goal in one line whether it holds", () => {
    expect(sentence("lock", goal({}))).to.equal(
      "lock: hand-off median vs InterProcessSemaphoreV2 0.92 (goal ≤ 1.0) holds",
    );
    expect(sentence("lock", goal({ value: 1.004, bound: 1.2 }))).to.match(
      / 1\.00 \(goal ≤ 1\.2\) holds$/,
    );
    expect(
      sentence("lock", goal({ value: 61.5, bound: 60, unit: "MB" })),
    ).to.match(/ 61\.50 MB \(goal ≤ 60 MB\) misses$/);
    expect(
      sentence("lock", goal({ value: null, why: "no Curator here" })),
    ).to.match(/ not measured \(goal ≤ 1\.0\): no Curator here$/);
  });

  it("judges by the value itself, not by its printed form", () => {
    expect(holds(goal({ value: 1.0000001 }))).to.equal(false);
    expect(holds(goal({ value: 1, relation: "≥" }))).to.equal(true);
    expect(holds(goal({ value: 2, relation: "=" }))).to.equal(false);
    expect(holds(goal({ value: null }))).to.equal(null);
    expect(holds(goal({ value: NaN }))).to.equal(false);
  });

  it("asks all its questions, or those that were chosen", async () => {
    const sandbox = await Sandbox.create();
    const chosen = (...argv: string[]) =>
      new Bench("lock", parseOptions(argv), sandbox).chosen({ a: 1, b: 2 });
    expect(chosen()).to.deep.equal([1, 2]);
    expect(chosen("--only", "b")).to.deep.equal([2]);
    expect(() => chosen("--only", "c")).to.throw(
      "--only c: expected one of a, b",
    );
    await sandbox.stop();
  });

  it("prints a table with median, spread and ratio", () => {
    const figure = new Figure("hand-off", "ms");
    for (const value of [2, 2.5, 3]) figure.add("ours", value);
    for (const value of [4, 5, 600]) figure.add("peer", value);
    expect(table([figure]).split("\n").slice(1)).to.deep.equal([
      "hand-off  ours   2.50 ms  2 – 3",
      "          peer   5 ms     4 – 600    0.50         0.01 – 0.50",
    ]);
  });

  it("ends with 1 if a goal misses and with 2 if one was not measured", async () => {
    const sandbox = await Sandbox.create();
    const options = { quick: false, json: true, runs: 1, only: [] };
    const bench = new Bench("lock", options, sandbox);
    bench.goal(goal({}));
    expect(bench.exitCode).to.equal(0);
    bench.goal(goal({ value: null, why: "no Curator here" }));
    expect(bench.exitCode).to.equal(2);
    bench.goal(goal({ value: 3 }));
    expect(bench.exitCode).to.equal(1);
    const { goals } = JSON.parse(bench.report()) as {
      goals: { holds: boolean | null }[];
    };
    expect(goals.map((each) => each.holds)).to.deep.equal([true, null, false]);
    await sandbox.stop();
  });
});
