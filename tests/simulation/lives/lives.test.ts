import { expect } from "chai";
import { inMacrotask } from "../time/world";
import { hunt, LIVES as IN_LIVES } from "../mutants/mutated";
import { live } from "./life";
import { storyOf } from "./main";
import { MUTANTS } from "./mutants";

/** Lives in which a rule was once broken, and by what. */
const KEPT = [
  { seed: 284, once: "a roll that ended under another lock was gone on with" },
  { seed: 301, once: "another resource took over what a killed run had done" },
  { seed: 457, once: "a lock that an operator had cleared counted as held" },
  { seed: 623, once: "the lock of a host that no state knew stayed" },
  { seed: 648, once: "the lock of a killed run was given back unread" },
  { seed: 677, once: "a corrected pattern found a restart that was none" },
  { seed: 746, once: "the same, under the lock of another stack's killed run" },
  { seed: 1010, once: "a killed run looked alive, and its lock was left" },
  { seed: 1364, once: "a short record had no room for its baseline" },
  { seed: 2187, once: "a host was acted on for another stack's killed run" },
  { seed: 3519, once: "a lock that was kept before a skipped roll stayed" },
  { seed: 3582, once: "a roll that went on without its lock was remembered" },
  {
    seed: 4034,
    once: "what a run had done that was told to end was done anew",
  },
  { seed: 10649, once: "a lock that was taken over twice was told as kept" },
  { seed: 11265, once: "the history of a lock outlived a roll without it" },
  { seed: 12608, once: "a host that a killed run had changed was left alone" },
  {
    seed: 12992,
    once: "an act from before a run without the lock was the last",
  },
];

/** Forty seconds of a quiet processor. */
const LIVES = 1000;

/** Faults that are found within a few seconds of CPU. */
const QUICK = ["3 a stopped roll is a success", "6 a canary"];

describe("lives of stacks", function () {
  this.timeout(600_000); // nothing is said of how fast they are

  it("are the same for the same seed", async () => {
    const [one, again] = [
      await inMacrotask(() => live(3)),
      await inMacrotask(() => live(3)),
    ];
    expect(again).to.deep.equal(one);
    expect(one.story).to.have.length.above(5);
  });

  it("keep to what is due", async () => {
    const stories: string[] = [];
    let acts = 0;
    for (let seed = 1; seed <= LIVES; seed++) {
      const result = await inMacrotask(() => live(seed));
      acts += result.acts;
      if (result.violations.length > 0) stories.push(storyOf(result, 40));
    }
    expect(stories.join("\n")).to.equal("");
    expect(acts).to.be.above(LIVES);
  });

  for (const name of QUICK)
    it(`see that a fault is there again: ${name}`, async () => {
      const fault = MUTANTS.find((each) => each.name.startsWith(name))!;
      const limits = { seconds: 120, from: 1 };
      const { found } = await hunt(fault, limits, IN_LIVES);
      expect(found).to.match(/^✖ /);
    });

  for (const { seed, once } of KEPT)
    it(`keep to it in life ${seed}: ${once}`, async () => {
      const result = await inMacrotask(() => live(seed));
      expect(result.violations, storyOf(result, 40)).to.deep.equal([]);
    });
});
