import { expect } from "chai";
import { Sandbox } from "../support/sandbox";
import { openZookeeper, type OpenZookeeper } from "../support/shared-zookeeper";
import { locked } from "./command";
import { Locks } from "./locks";
import { CTRL_C, startInTerminal } from "./terminal";

describe("--output wide", () => {
  let sandbox: Sandbox;
  let zookeeper: OpenZookeeper;
  let locks: Locks;
  const see = (...args: string[]) =>
    locked(sandbox, [...args, "-o", "wide", "--servers", zookeeper.connect]);

  before(async () => {
    sandbox = await Sandbox.create();
    zookeeper = await openZookeeper(sandbox);
    locks = new Locks(zookeeper.connect);
    const ci = "https://ci.example.com/jobs/7";
    const run = "0123456789ab";
    const facts = { run, from: "deployer@ci7", action: "restart x", ci };
    const held = await locks.live("web", "web1", { facts, group: "rack7" });
    await held.record({
      acting: { run, since: "2026-01-01T00:00:00.000Z", deadline: 90 },
      drained: true,
      runKey: "key",
    });
    await locks.waiting("web", "web2");
    const before = ["boot/1/2"];
    const acted = await locks.live("old", "web1", { facts });
    await acted.release({ kind: "acted", before, after: ["boot/3/4"] });
  });
  after(async () => {
    await locks.close();
    await sandbox.stop();
  });

  it("of list: who holds, who is next, limits and path", async () => {
    const { stdout } = await see("list");
    expect(stdout).to.match(/^NAME .* HELD BY +FIRST WAITER +LIMITS +PATH$/m);
    expect(stdout).to.match(
      /^web .* web1 +web2, \d+ s +per group none, failures 1 +\/locked-action\/web$/m,
    );
  });

  it("of show: slot, group, path, run, what is acting and what is owed", async () => {
    const { stdout } = await see("show", "web");
    for (const part of [
      /^ +slot +0$/m,
      /^ +group +rack7$/m,
      /^ +path +\/locked-action\/web\/holders\/0\/\S+$/m,
      /^ +run +0123456789ab$/m,
      /^ +run key +key$/m,
      /^ +acting +since 2026-01-01T00:00:00.000Z, ends within 90 s$/m,
      /^ +drained +yes: undrain is owed$/m,
      /^ +ci +https:\/\/ci\.example\.com\/jobs\/7$/m,
    ])
      expect(stdout).to.match(part);
  });

  it("of history: the processes, the holder, its token, URN and CI job", async () => {
    const { stdout } = await see("history", "old");
    expect(stdout).to.match(
      /^AT .* BEFORE +AFTER +HOLDER +TOKEN +URN +CI +RESULT\n\S+Z +acted .* boot\/1\/2 +boot\/3\/4 +[0-9a-f]{16}-[0-9a-f]{16} +\d+ +- +https:\/\/ci\.example\.com\/jobs\/7 +-\n$/,
    );
  });

  it("of watch on a terminal: the same as of list and show", async () => {
    for (const [names, said] of [
      [[], "FIRST WAITER"],
      [["web"], "undrain is owed"],
    ] as const) {
      const watch = startInTerminal(sandbox, [
        ...["watch", ...names, "-o", "wide", "--servers", zookeeper.connect],
      ]);
      await watch.said(said);
      watch.write(CTRL_C);
      expect((await watch.ended).code).to.equal(0);
    }
  });

  it("of what prints one line: the same line", async () => {
    const wide = await see("hold", "web", "-m", "x");
    expect([wide.code, wide.stdout]).to.deep.equal([0, "web is on hold: x\n"]);
    await see("unhold", "web");
  });
});
