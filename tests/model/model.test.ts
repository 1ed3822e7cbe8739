import { expect } from "chai";
import type { Configuration } from "./configuration";
import { SUITE } from "./configurations";
import type { Result } from "./explore";
import { MISSING, N_LOWERED, type Missing } from "./missing";
import { exploreAll } from "./pool";
import { RULES, ruleNames, type Rule } from "./rules";
import { STEPS } from "./steps";

/** Far above what any of them needs. */
const MAX_STATES = 3_000_000;

const count = (n: number): string => n.toLocaleString("en");

describe("the model of the lock protocol", () => {
  let results: Result[] = [];

  before(async function () {
    this.timeout(840_000);
    const options = { maxStates: MAX_STATES };
    results = await exploreAll(
      SUITE.map((configuration) => ({ configuration, options })),
    );
  });

  after(() => {
    for (const { configuration, states, seconds } of results)
      console.log(
        `      ${count(states).padStart(9)} states ${seconds.toFixed(1).padStart(5)} s  ${configuration}`,
      );
    const states = results.reduce((sum, result) => sum + result.states, 0);
    console.log(`      ${count(states).padStart(9)} states in all`);
  });

  SUITE.forEach((configuration, i) => {
    it(`finds nothing wrong with ${configuration.name}`, () => {
      const result = results[i];
      expect(result?.story.join("\n")).to.equal("");
      expect(result?.violation).to.equal(null);
      expect(result?.exhausted).to.equal(true);
    });
  });

  it("comes to every step of the protocol", () => {
    const reached = new Set(results.flatMap((result) => result.reached));
    expect([...reached].sort()).to.deep.equal(Object.keys(STEPS).sort());
  });
});

describe("the model without a rule of the protocol", () => {
  const cases: [Rule, Missing][] = [
    ...ruleNames().map((rule): [Rule, Missing] => [rule, MISSING[rule]]),
    ["FAST-FREE", N_LOWERED],
  ];
  let broken: Result[] = [];
  let whole: Result[] = [];

  before(async function () {
    this.timeout(840_000);
    const options = { maxStates: MAX_STATES };
    const jobs = cases.map(([rule, { configuration }]) => ({
      configuration,
      options: { ...options, without: [rule] },
    }));
    // many rules show in the same one: with all rules it is explored once
    const keys = jobs.map(({ configuration }) => JSON.stringify(configuration));
    const distinct = [...new Set(keys)];
    const again = distinct.map((key) => ({
      configuration: JSON.parse(key) as Configuration,
      options,
    }));
    const all = await exploreAll([...jobs, ...again]);
    broken = all.slice(0, jobs.length);
    whole = keys.map((key) => all[jobs.length + distinct.indexOf(key)]!);
  });

  cases.forEach(([rule, { violation }], i) => {
    it(`sees ${violation} when this is missing: ${RULES[rule]}`, () => {
      expect(broken[i]?.violation).to.equal(violation);
      expect(broken[i]?.story.length).to.be.greaterThan(1);
      expect(whole[i]?.violation, "with the rule").to.equal(null);
      expect(whole[i]?.exhausted, "with the rule").to.equal(true);
    });
  });
});
