import { expect } from "chai";
import os from "node:os";
import { changeJson, errorJson, historyJson } from "../../cli/json";
import { LockLost } from "../../core/lock";
import { Sandbox } from "../support/sandbox";
import { openZookeeper, type OpenZookeeper } from "../support/shared-zookeeper";
import { locked } from "./command";
import { Locks } from "./locks";

const ME = `${os.userInfo().username}@${os.hostname()}`;

describe("what an operator does to a lock", () => {
  let sandbox: Sandbox;
  let zookeeper: OpenZookeeper;
  let locks: Locks;
  const act = (...args: string[]) =>
    locked(sandbox, [...args, "--servers", zookeeper.connect]);

  before(async () => {
    sandbox = await Sandbox.create();
    zookeeper = await openZookeeper(sandbox);
    locks = new Locks(zookeeper.connect);
  });
  after(async () => {
    await locks.close();
    await sandbox.stop();
  });

  const lastOf = async (name: string) => {
    const { stdout } = await act("history", name, "--last", "1", "--json");
    return historyJson.parse(JSON.parse(stdout));
  };

  it("clears a failed holder, and the next in the queue is granted", async () => {
    const held = await locks.failed("clear", "web1");
    const { granted } = await locks.waiting("clear", "web2");
    const clear = ["clear", "clear", "--holder", held.id];
    const { code, stdout } = await act(...clear, "-m", "is fine", "--yes");
    expect([code, stdout]).to.deep.equal([
      0,
      `cleared holder ${held.id} of clear\n`,
    ]);
    await (await granted).release();
    const record = await lastOf("clear");
    expect(record).to.deep.include({
      ...{ kind: "cleared", by: ME, reason: "is fine", target: "web1" },
      holder: held.id,
    });
  });

  it("takes a beginning of the holder's id, and tells what it did as JSON", async () => {
    const held = await locks.stale("short", "web1");
    const options = ["--holder", held.id.slice(0, 8), "-m", "gone", "-y"];
    const { stdout } = await act("clear", "short", ...options, "--json");
    const change = changeJson.parse(JSON.parse(stdout));
    expect(change).to.deep.include({
      change: "cleared",
      changed: true,
      by: ME,
    });
    expect(change.holder).to.deep.include({ id: held.id, state: "stale" });
  });

  it("refuses a live holder, unless it is forced; then its run learns of it", async () => {
    const held = await locks.live("live", "web1");
    const clear = ["clear", "live", "--holder", held.id, "-m", "stop", "-y"];
    const refused = await act(...clear);
    expect(refused.code).to.equal(6);
    expect(refused.stderr).to.match(/^locked-action: holder \S+ is live: web1/);
    expect(refused.stderr).to.match(/\n {2}.*--force-live\n$/);
    const forced = await act(...clear, "--force-live");
    expect(forced.code).to.equal(0);
    const error: unknown = await held.reassert().catch((e: unknown) => e);
    expect(error).to.be.instanceOf(LockLost);
    expect((error as Error).message).to.contain(`cleared by ${ME}`);
  });

  it("exits with 3 for a holder that is not there", async () => {
    const { code, stderr } = await act(
      ...["clear", "live", "--holder", "feed", "-m", "x", "-y"],
    );
    expect(code).to.equal(3);
    expect(stderr).to.contain("no holder feed");
  });

  it("wants a reason and, without a terminal, --yes", async () => {
    const held = await locks.failed("consent", "web1");
    const clear = ["clear", "consent", "--holder", held.id];
    for (const [more, said] of [
      [["-y"], "the reason is missing"],
      [["-y", "-m", " "], "the reason is missing"],
      [["-m", "why"], "nobody can be asked"],
    ] as const) {
      const { code, stderr } = await act(...clear, ...more);
      expect(code).to.equal(2);
      expect(stderr).to.contain(said);
    }
    const { stderr } = await act("clear", "consent", "-y", "-m", "why");
    expect(stderr).to.contain("--holder");
  });

  it("holds a lock against everyone new, and lets it go on", async () => {
    const first = await locks.live("hold", "web1");
    const { granted } = await locks.waiting("hold", "web2");
    expect((await act("hold", "hold", "-m", "incident")).code).to.equal(0);
    await first.release();
    const listed = await act("show", "hold");
    expect(listed.stdout).to.match(/blocked +by hold/);
    expect(listed.stdout).to.contain(`by ${ME} since`);
    expect(listed.stdout).to.contain("locked-action unhold hold");
    const again = await act("unhold", "hold", "--json");
    expect(changeJson.parse(JSON.parse(again.stdout)).changed).to.equal(true);
    await (await granted).release();
    const twice = await act("unhold", "hold", "--json");
    expect(changeJson.parse(JSON.parse(twice.stdout)).changed).to.equal(false);
  });

  it("changes limits, but not below a slot in use", async () => {
    const limits = { maxHolders: 2, maxPerGroup: null, maxFailures: 1 };
    const [a, b] = [
      await locks.live("set", "web1", { limits }),
      await locks.live("set", "web2", { limits }),
    ];
    const refused = await act("set", "set", "--max-holders", "1", "--json");
    expect(refused.code).to.equal(6);
    const { error } = errorJson.parse(JSON.parse(refused.stderr));
    expect(error.message).to.match(/^max holders 1: slot 1 is held by web2/);
    await a.release();
    await b.release();
    const wanted = ["--max-holders", "1", "--max-per-group", "none"];
    const { stdout } = await act("set", "set", ...wanted, "--json");
    const change = changeJson.parse(JSON.parse(stdout));
    expect(change.limits).to.deep.equal({ ...limits, maxHolders: 1 });
    expect((await lastOf("set")).reason).to.match(/^maxHolders 1/);
  });
});
