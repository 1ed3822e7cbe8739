import { expect } from "chai";
import { inMacrotask } from "../time/world";
import { live } from "./life";
import { storyOf } from "./main";

/** Rules that the code does not keep in every life yet. */
const NOT_YET = new Set<string>([
  ...["told as done", "canary", "never done", "lock left", "read back"],
  ...["count", "kept", "lock freed", "left drained", "twice", "not due"],
  "verified",
]);

describe("lives of stacks", () => {
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
    for (let seed = 1; seed <= 150; seed++) {
      const result = await inMacrotask(() => live(seed));
      acts += result.acts;
      if (result.violations.some(({ rule }) => !NOT_YET.has(rule)))
        stories.push(storyOf(result, 40));
    }
    expect(stories.join("\n")).to.equal("");
    expect(acts).to.be.above(150);
  });
});
