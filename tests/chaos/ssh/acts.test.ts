import { expect } from "chai";
import { runActs } from "./acts";
import { SERVERS, whyNot } from "./server";

describe("acts over links that are cut at random", function () {
  this.timeout(300_000);
  for (const server of SERVERS)
    it(`under ${server}: what is told of each is what it was`, async function () {
      const why = whyNot(server);
      if (why) {
        console.log(`      skipped: ${why}`);
        return this.skip();
      }
      const { told, violations } = await runActs({
        ...{ server, acts: 20, seed: 47_011 },
      });
      expect(violations).to.deep.equal([]);
      expect(told.success).to.be.above(0);
    });
});
