import { expect } from "chai";
import fs from "node:fs";
import path from "node:path";
import { fleetOf } from "../../../provider/rolling/fleet";
import { fleetLimits } from "../../../provider/rolling/limits";
import { fleetInputs, typed } from "./inputs";

type Inputs = Record<string, unknown>;

describe("what maxUnavailable, groups and maxFailures mean for the lock", () => {
  const limits = (over: Inputs, hosts = 4) =>
    fleetLimits(typed({ ...fleetInputs(hosts), ...over }));

  /** Racks a, b … of these sizes. */
  const racks = (sizes: number[], over: Inputs) => {
    const inputs = fleetInputs(sizes.reduce((sum, size) => sum + size));
    const groups = sizes.flatMap((size, i) =>
      Array.from({ length: size }, () => String.fromCharCode(97 + i)),
    );
    Object.values(inputs.hosts as Record<string, Inputs>).forEach(
      (host, i) => (host.group = groups[i]),
    );
    return fleetLimits(typed({ ...inputs, ...over }));
  };

  it("is one after the other, and no failure, if nothing is said", () => {
    expect(limits({})).to.deep.equal({
      ...{ maxHolders: 1, maxPerGroup: null, maxFailures: 1 },
    });
  });

  it("takes a number as it is, even above the size of the fleet", () => {
    for (const n of [1, 3, 4, 5, 100_000])
      expect(limits({ maxUnavailable: n }).maxHolders, `${n}`).to.equal(n);
  });

  const percents: [percent: string, of: number, is: number][] = [
    ["25%", 40, 10],
    ["25%", 10, 2],
    ["25%", 3, 1],
    ["1%", 1, 1],
    ["100%", 1, 1],
    ["50%", 1, 1],
    ["100%", 7, 7],
    ["99.9%", 7, 6],
    ["25%", 4, 1],
    ["25%", 7, 1],
    ["25%", 8, 2],
    ["25%", 11, 2],
    ["25%", 12, 3],
    ["33%", 3, 1],
    ["33.3%", 3, 1],
    ["33.4%", 3, 1],
    ["66.6%", 3, 1],
    ["66.7%", 3, 2],
    ["0.1%", 999, 1],
    ["0.1%", 1000, 1],
    ["0.1%", 2000, 2],
    ["0.2%", 999, 1],
    // what a computer's fractions get wrong
    ["29%", 100, 29],
    ["57%", 100, 57],
    ["1.1%", 1000, 11],
    ["0.7%", 1000, 7],
    ["66.66666%", 3, 1],
    ["33.33333333333333333333%", 3, 1],
    ["0.00001%", 1000, 1],
  ];
  for (const [percent, of, is] of percents)
    it(`${percent} of ${of} hosts is ${is}`, () => {
      expect(limits({ maxUnavailable: percent }, of).maxHolders).to.equal(is);
    });

  it("is as the table in docs/rolling.md says", () => {
    const page = path.join(__dirname, "../../../docs/rolling.md");
    const rows = fs
      .readFileSync(page, "utf8")
      .split("\n")
      .map((line) => line.split("|").map((cell) => cell.trim()))
      .filter(([, first]) => /^(`"[\d.]+%"`)?$/.test(first ?? "-"));
    const sizes = rows[0]!.slice(2, -1).map((cell) => Number(cell.slice(3)));
    expect(rows).to.have.length.above(4);
    for (const [, percent, ...cells] of rows.slice(1))
      expect(cells.slice(0, -1).map(Number), percent).to.deep.equal(
        sizes.map(
          (of) =>
            limits({ maxUnavailable: percent!.slice(2, -2) }, of).maxHolders,
        ),
      );
  });

  it("counts groups with “together”, and a host without one as one", () => {
    const together = { groups: "together", lock: { maxPerGroup: 2 } };
    const half = { ...together, maxUnavailable: "50%" };
    expect(racks([4, 4, 4], half).maxHolders).to.equal(1);
    expect(racks([4, 4, 4, 1], half).maxHolders).to.equal(2);
    expect(racks([9], half)).to.deep.equal({
      ...{ maxHolders: 1, maxPerGroup: 2, maxFailures: 1 },
    });
    expect(limits(half, 6).maxHolders).to.equal(3);
    const three = { ...together, maxUnavailable: 3, maxFailures: 2 };
    expect(racks([2, 2, 2], three)).to.deep.equal({
      ...{ maxHolders: 3, maxPerGroup: 2, maxFailures: 2 },
    });
  });

  it("counts inside the one group with “oneAtATime”, inside the smallest for a percentage", () => {
    const one = { groups: "oneAtATime" };
    expect(racks([4, 4], one)).to.deep.equal({
      ...{ maxHolders: 1, maxPerGroup: 1, maxFailures: 1 },
    });
    const of = (sizes: number[], maxUnavailable: unknown) =>
      racks(sizes, { ...one, maxUnavailable }).maxPerGroup;
    expect(of([4, 4], 3)).to.equal(3);
    expect(of([4, 8], "50%")).to.equal(2);
    expect(of([8, 3], "50%")).to.equal(1);
    expect(of([8, 1], "100%")).to.equal(1);
    expect(of([10, 9], "33.4%")).to.equal(3);
  });

  it("is the lock's own limits where these are given", () => {
    const lock = { maxHolders: 3, maxPerGroup: 2, maxFailures: 2 };
    expect(limits({ lock })).to.deep.equal(lock);
    expect(limits({ lock, maxUnavailable: 4, maxFailures: 3 })).to.deep.equal({
      ...{ maxHolders: 4, maxPerGroup: 2, maxFailures: 3 },
    });
  });

  it("is what each host takes the lock with", () => {
    const inputs = { ...fleetInputs(8), maxUnavailable: "25%" };
    for (const { lock } of fleetOf(typed(inputs), {}).plans.values())
      expect(lock.limits).to.deep.equal({
        ...{ maxHolders: 2, maxPerGroup: null, maxFailures: 1 },
      });
  });
});
