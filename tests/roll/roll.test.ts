import { expect } from "chai";
import { roll, type Member, type RollRules } from "../../core/roll";
import { Crew, DONE, IDLE, membersOf, rulesOf, settled } from "./crew";

const FAILED = { kind: "failed", kept: true, reason: "exit 1" } as const;
const UNREACHABLE = { kind: "failed", kept: false, reason: "dial" } as const;

describe("the scheduler of a roll", () => {
  async function start(
    members: Member[],
    rules: Partial<RollRules> = {},
    { signal = new AbortController().signal, unconnected = [""] } = {},
  ) {
    const crew = new Crew(unconnected);
    const result = roll(members, rulesOf(rules), crew.work, { signal });
    await settled();
    return { crew, result };
  }

  async function endAll(crew: Crew): Promise<void> {
    while (crew.active.length > 0) await crew.end(crew.active[0]!);
  }

  it("has as many ask as the lock has places, and two more connect ahead of their turn", async () => {
    const { crew, result } = await start(membersOf("a b c d e f"), {
      maxHolders: 2,
    });
    expect(crew.active).to.deep.equal(["a", "b"]);
    expect(crew.begun).to.deep.equal(["a", "b", "c", "d"]);
    await crew.end("b");
    expect(crew.active).to.deep.equal(["a", "c"]);
    expect(crew.begun).to.deep.equal(["a", "c", "d", "e"]);
    await endAll(crew);
    const { endings, stopped } = await result;
    expect([...endings.keys()]).to.deep.equal(["b", "a", "c", "d", "e", "f"]);
    expect(stopped).to.equal(null);
  });

  it("gives the place of one who is leaving to the next, once, and ends with the last", async () => {
    const { crew, result } = await start(membersOf("a b c d e"));
    await crew.leave("a");
    expect(crew.active).to.deep.equal(["a", "b"]);
    expect(crew.begun).to.deep.equal(["a", "b", "c", "d"]);
    await crew.leave("a");
    await crew.end("a");
    expect(crew.active).to.deep.equal(["b"]);
    expect(crew.begun).to.deep.equal(["b", "c", "d"]);
    for (const key of ["b", "c", "d", "e"]) {
      await crew.leave(key);
      if (key !== "e") await crew.end(key);
    }
    expect(crew.active).to.deep.equal(["e"]);
    await crew.end("e");
    const { endings, stopped } = await result;
    expect([...endings.values()]).to.deep.equal(Array(5).fill(DONE));
    expect(stopped).to.equal(null);
  });

  it("lets nobody of the next part begin while one is leaving", async () => {
    const members = [...membersOf("a"), ...membersOf("c", "canary")];
    const { crew, result } = await start(members, { maxHolders: 9 });
    await crew.leave("c");
    expect(crew.begun).to.deep.equal(["c"]);
    await crew.end("c");
    expect(crew.begun).to.deep.equal(["a"]);
    await endAll(crew);
    expect((await result).stopped).to.equal(null);
  });

  it("gives the place of a group's member who is leaving to one of the same", async () => {
    const members = membersOf("a1/a a2/a a3/a b1/b");
    const { crew, result } = await start(members, { maxPerGroup: 2 });
    await crew.leave("a1");
    expect(crew.active).to.deep.equal(["a1", "a2", "a3"]);
    await crew.leave("a2");
    await crew.leave("a3");
    expect(crew.active).to.deep.equal(["a1", "a2", "a3", "b1"]);
    await endAll(crew);
    expect((await result).endings.size).to.equal(4);
  });

  it("keeps the order, whoever connects first", async () => {
    const { crew, result } = await start(
      membersOf("a b c"),
      {},
      { unconnected: ["a"] },
    );
    expect(crew.active).to.deep.equal([]);
    await crew.connect("a");
    expect(crew.active).to.deep.equal(["a"]);
    await crew.end("a");
    expect(crew.active).to.deep.equal(["b"]);
    await endAll(crew);
    expect((await result).stopped).to.equal(null);
  });

  it("does not wait for one that has to try again to connect", async () => {
    const { crew, result } = await start(
      membersOf("a b c"),
      { maxFailures: 2, maxHolders: 2 },
      { unconnected: ["a"] },
    );
    await crew.tryAgain("a");
    expect(crew.active).to.deep.equal(["b", "c"]);
    await crew.end("a", UNREACHABLE);
    await endAll(crew);
    const { endings, stopped } = await result;
    expect([...endings.values()]).to.deep.equal([UNREACHABLE, DONE, DONE]);
    expect(stopped).to.equal(null);
  });

  it("takes the canaries first, then who holds the lock already, then the broken, then the rest, each to its end", async () => {
    const members = [
      ...membersOf("a b"),
      ...membersOf("c d", "canary"),
      ...membersOf("x y", "repair"),
      ...membersOf("h", "holder"),
    ];
    const { crew, result } = await start(members, { maxHolders: 9 });
    expect(crew.begun).to.deep.equal(["c", "d"]);
    await crew.end("d");
    expect(crew.begun).to.deep.equal(["c"]);
    await crew.end("c");
    expect(crew.begun).to.deep.equal(["h"]);
    await crew.end("h");
    expect(crew.begun).to.deep.equal(["x", "y"]);
    await crew.end("x");
    expect(crew.begun).to.deep.equal(["y"]);
    await crew.end("y");
    expect(crew.begun).to.deep.equal(["a", "b"]);
    await endAll(crew);
    expect((await result).stopped).to.equal(null);
  });

  it("lets a canary that holds the lock go before one that waits for it", async () => {
    const holder = { ...membersOf("h", "holder")[0]!, canary: true };
    const members = [...membersOf("a c", "canary"), holder];
    const { crew } = await start(members, { maxHolders: 9 });
    expect(crew.begun).to.deep.equal(["h"]);
    await crew.end("h");
    expect(crew.begun).to.deep.equal(["a", "c"]);
    await endAll(crew);
  });

  it("counts those that had failed before it began, and tells all that failed", async () => {
    const rules = { maxHolders: 9, maxFailures: 3, failed: 1 };
    const { crew, result } = await start(membersOf("a b c"), rules);
    await crew.end("a", UNREACHABLE);
    expect(crew.begun).to.deep.equal(["b", "c"]);
    await crew.end("b", UNREACHABLE);
    await crew.end("c", UNREACHABLE);
    expect((await result).stopped).to.equal("4 failed of 3 allowed");
  });

  it("begins nobody where too many had failed before", async () => {
    const rules = { maxFailures: 2, failed: 2 };
    const { crew, result } = await start(membersOf("a b"), rules);
    expect(crew.begun).to.deep.equal([]);
    expect((await result).stopped).to.equal("2 failed of 2 allowed");
  });

  for (const [what, ending] of [
    ["failed", UNREACHABLE],
    ["was not verified", { kind: "done", passed: false }],
  ] as const)
    it(`ends with a canary that ${what}, whatever the budget`, async () => {
      const members = [...membersOf("a"), ...membersOf("c", "canary")];
      const { crew, result } = await start(members, {
        ...{ maxHolders: 9, maxFailures: 9 },
      });
      await crew.end("c", ending);
      const { stopped, endings } = await result;
      expect(stopped).to.equal("a canary did not pass");
      expect(endings.has("a")).to.equal(false);
    });

  it("takes another for a canary that had nothing to do, and the next for that one", async () => {
    const members = [
      ...membersOf("a b"),
      ...membersOf("c d", "canary"),
      ...membersOf("x", "repair"),
    ];
    const { crew, result } = await start(members, { maxHolders: 9 });
    await crew.end("c", IDLE);
    expect(crew.begun).to.deep.equal(["d"]);
    await crew.end("d");
    expect(crew.begun).to.deep.equal(["x"]);
    await crew.end("x", IDLE);
    expect(crew.begun).to.deep.equal(["a"]);
    await crew.end("a");
    expect(crew.begun).to.deep.equal(["b"]);
    await crew.end("b");
    expect((await result).stopped).to.equal(null);
    expect(crew.canaries).to.deep.equal(["c", "d", "x", "a"]);
  });

  it("ends well where no canary had anything to do, nor anybody else", async () => {
    const members = [...membersOf("a"), ...membersOf("c", "canary")];
    const { crew, result } = await start(members);
    await crew.end("c", IDLE);
    await crew.end("a", IDLE);
    expect((await result).stopped).to.equal(null);
  });

  it("stops at the n-th failure: who has asked is finished, who has not is told, nobody begins", async () => {
    const { crew, result } = await start(membersOf("a b c d e f"), {
      ...{ maxHolders: 3, maxFailures: 2 },
    });
    await crew.end("a", FAILED);
    expect(crew.active).to.deep.equal(["b", "c"]);
    await crew.end("b", UNREACHABLE);
    expect(crew.begun).to.deep.equal(["c"]);
    await crew.end("c");
    const { stopped, endings } = await result;
    expect(stopped).to.equal("2 failed of 2 allowed");
    expect(endings.get("d")).to.deep.equal({ kind: "stopped" });
    expect(endings.has("f")).to.equal(false);
  });

  it("gives the place of one who failed to nobody while it keeps its lock", async () => {
    const { crew, result } = await start(membersOf("a b c d e f"), {
      ...{ maxHolders: 2, maxFailures: 2 },
    });
    await crew.end("a", FAILED);
    expect(crew.active).to.deep.equal(["b"]);
    await crew.end("b");
    expect(crew.active).to.deep.equal(["c"]);
    await endAll(crew);
    expect((await result).stopped).to.equal(null);
  });

  it("counts the place of one who kept its lock before, and failed to connect now", async () => {
    const { crew, result } = await start(
      membersOf("a b c"),
      { maxHolders: 2, maxFailures: 2 },
      { unconnected: ["a"] },
    );
    await crew.end("a", FAILED);
    expect(crew.active).to.deep.equal(["b"]);
    await endAll(crew);
    expect((await result).endings.size).to.equal(3);
  });

  it("stops at once when the lock is not to be had", async () => {
    const { crew, result } = await start(membersOf("a b c"), {
      maxFailures: 9,
    });
    await crew.end("a", { kind: "blocked", reason: "held by web9, failed" });
    const { stopped } = await result;
    expect(stopped).to.equal("held by web9, failed");
    expect(crew.begun).to.deep.equal([]);
  });

  it("takes groups together as the lock does: N of them, and so many of each", async () => {
    const members = membersOf("a1/a b1/b a2/a c1/c a3/a b2/b");
    const { crew, result } = await start(members, {
      ...{ maxHolders: 2, maxPerGroup: 2 },
    });
    expect(crew.begun).to.deep.equal(["a1", "a2", "b1", "b2"]);
    expect(crew.active).to.deep.equal(["a1", "a2", "b1", "b2"]);
    await crew.end("b1");
    expect(crew.begun).to.deep.equal(["a1", "a2", "b2"]);
    await crew.end("a1");
    expect(crew.active).to.deep.equal(["a2", "b2", "a3"]);
    await crew.end("b2");
    expect(crew.active).to.deep.equal(["a2", "a3", "c1"]);
    await endAll(crew);
    expect((await result).endings.size).to.equal(6);
  });

  it("leaves the group of one who failed alone, and says so", async () => {
    const members = membersOf("a1/a a2/a b1/b b2/b");
    const { crew, result } = await start(members, {
      ...{ maxHolders: 2, maxPerGroup: 1, maxFailures: 2 },
    });
    await crew.end("a1", FAILED);
    expect(crew.active).to.deep.equal(["b1"]);
    await endAll(crew);
    const { endings, stopped } = await result;
    expect(endings.has("a2")).to.equal(false);
    expect(stopped).to.equal(
      "1 not begun: a failed member of their group keeps the lock",
    );
  });

  it("takes one group after the other, with so many of it at once", async () => {
    const members = membersOf("a1/a b1/b a2/a b2/b a3/a");
    const { crew, result } = await start(members, {
      ...{ maxPerGroup: 2, oneGroupAtATime: true },
    });
    expect(crew.active).to.deep.equal(["a1", "a2"]);
    await crew.end("a1");
    expect(crew.active).to.deep.equal(["a2", "a3"]);
    await crew.end("a2");
    expect(crew.begun).to.deep.equal(["a3"]);
    await crew.end("a3");
    expect(crew.active).to.deep.equal(["b1", "b2"]);
    await endAll(crew);
    expect((await result).stopped).to.equal(null);
  });

  it("begins nothing new when it is told to stop", async () => {
    const stop = new AbortController();
    const { signal } = stop;
    const { crew, result } = await start(membersOf("a b c d"), {}, { signal });
    stop.abort(new Error("the Pulumi program has ended"));
    await settled();
    expect(crew.begun).to.deep.equal(["a"]);
    await crew.end("a");
    const { stopped, endings } = await result;
    expect(stopped).to.equal("the Pulumi program has ended");
    expect([...endings.keys()]).to.deep.equal(["b", "c", "a"]);
  });

  it("begins nobody at all when it was told before", async () => {
    const signal = AbortSignal.abort(new Error("over"));
    const { crew, result } = await start(membersOf("a"), {}, { signal });
    expect((await result).stopped).to.equal("over");
    expect(crew.begun).to.deep.equal([]);
  });

  it("takes work that throws for failed", async () => {
    const work = () => Promise.reject(new Error("no such thing"));
    const { signal } = new AbortController();
    const rules = rulesOf();
    const { endings } = await roll(membersOf("a b"), rules, work, { signal });
    expect([...endings]).to.deep.equal([
      ["a", { kind: "failed", kept: false, reason: "no such thing" }],
      ["b", { kind: "failed", kept: false, reason: "no such thing" }],
    ]);
  });
});
