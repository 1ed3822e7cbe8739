import { expect } from "chai";
import { progressLine, type RollProgress } from "../../core/roll";

describe("the one line of a roll", () => {
  const line = (over: Partial<RollProgress>) =>
    progressLine({
      ...{ total: 40, done: 0, failed: 0, maxFailures: 3, width: 2 },
      ...{ atWork: [], took: { seconds: 0, members: 0 } },
      ...over,
    });

  const at = (key: string, doing: string, acting = true) => ({
    ...{ key, doing, acting },
  });

  it("says what is done, who acts and how, what is to go, what failed, and how long it will take", () => {
    const atWork = [
      at("web7", "soak 8/30 s"),
      at("web9", "restart"),
      at("web10", "place 1 of 1", false),
    ];
    expect(
      line({
        done: 12,
        failed: 1,
        atWork,
        took: { seconds: 50, members: 2 },
        width: 2,
      }),
    ).to.equal(
      "12/40 done · 2 acting (web7 soak 8/30 s, web9 restart) · 25 to go · 1 failed of 3 allowed · ~6 min left",
    );
  });

  it("names who holds the lock while nobody of ours has it", () => {
    const waiting = [
      at("web1", "place 1 of 2, held by db3 for 35 s", false),
      at("web2", "place 2 of 2", false),
    ];
    expect(line({ atWork: waiting })).to.equal(
      "0/40 done · waiting (web1 place 1 of 2, held by db3 for 35 s) · 40 to go",
    );
  });

  it("counts those that it can't name, and is short at the end", () => {
    const atWork = ["a", "b", "c", "d", "e", "f"].map((key) => at(key, ""));
    expect(line({ total: 6, atWork })).to.equal(
      "0/6 done · 6 acting (a, b, c, d, 2 more)",
    );
    expect(
      line({ total: 6, done: 6, took: { seconds: 1, members: 1 } }),
    ).to.equal("6/6 done");
  });

  it("tells seconds as seconds", () => {
    expect(
      line({ total: 3, done: 1, took: { seconds: 4, members: 1 }, width: 1 }),
    ).to.equal("1/3 done · 2 to go · ~8 s left");
  });
});
