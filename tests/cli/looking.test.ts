import { expect } from "chai";
import { historyJson, lockJson, locksJson } from "../../cli/json";
import { endRoll } from "../../core/lock";
import { Sandbox } from "../support/sandbox";
import { openZookeeper, type OpenZookeeper } from "../support/shared-zookeeper";
import { locked } from "./command";
import { Locks, request } from "./locks";

describe("looking at locks", () => {
  let sandbox: Sandbox;
  let zookeeper: OpenZookeeper;
  let locks: Locks;
  const see = (...args: string[]) =>
    locked(sandbox, [...args, "--servers", zookeeper.connect]);

  before(async () => {
    sandbox = await Sandbox.create();
    zookeeper = await openZookeeper(sandbox);
    locks = new Locks(zookeeper.connect);
    await locks.failed("web", "web1");
    await locks.waiting("web", "web2");
    await locks.waiting("web", "web3");
    const two = { maxHolders: 2, maxPerGroup: null, maxFailures: 2 };
    await locks.live("db", "db1", { limits: two, group: "rack7" });
    await locks.live("db", "db2", { limits: two, group: "rack7" });
    await locks.stale("odd name/é", "x1");
    const gone = await locks.live("free", "f1");
    await gone.release({ kind: "acted" });
  });
  after(async () => {
    await locks.close();
    await sandbox.stop();
  });

  it("lists one row a lock: who is where, how old, who waits, what blocks", async () => {
    const { code, stdout, stderr } = await see("list");
    const rows = stdout.split("\n").map((row) => row.split(/ {2,}/));
    expect([code, stderr]).to.deep.equal([0, ""]);
    expect(rows[0]).to.deep.equal([
      ...["NAME", "HOLDERS", "STATE", "OLDEST", "WAITERS", "HOLD", "BLOCKED"],
    ]);
    const row = (name: string) => {
      const [, holders, state, , waiters, hold, blocked] = rows.find(
        ([first]) => first === name,
      )!;
      return [holders, state, waiters, hold, blocked];
    };
    expect(row("db")).to.deep.equal(["1/2 (2)", "2 live", "0", "-", "-"]);
    expect(row("free")).to.deep.equal(["0/1", "free", "0", "-", "-"]);
    expect(row("odd name/é").at(-1)).to.equal("stale");
    expect(row("web")).to.deep.equal(["1/1", "failed", "2", "-", "failures"]);
    expect(stdout, "no colours in a pipe").not.to.contain("\u001b");
  });

  it("lists more with -o wide", async () => {
    const { stdout } = await see("list", "-o", "wide");
    expect(stdout).to.match(/HELD BY +FIRST WAITER +LIMITS +PATH\n/);
    expect(stdout).to.match(/web1 +web2, \d+ s +per group none, failures 1/);
    expect(stdout).to.contain("/locked-action/odd%20name%2F%C3%A9");
  });

  it("lists as JSON of one shape", async () => {
    const { stdout } = await see("list", "--json");
    const { root, servers, locks } = locksJson.parse(JSON.parse(stdout));
    expect([root, servers]).to.deep.equal([
      "/locked-action",
      zookeeper.connect,
    ]);
    const blocked = locks.map(({ name, blockedBy }) => [name, ...blockedBy]);
    expect(blocked).to.deep.equal([
      ...[["db"], ["free"], ["odd name/é", "stale"], ["web", "failures"]],
    ]);
  });

  it("shows why a holder failed, who waits, and what to do", async () => {
    const { code, stdout } = await see("show", "web");
    expect(code).to.equal(0);
    for (const part of [
      /^web {2}failed$/m,
      /limits +max holders 1, max per group none, max failures 1/,
      /blocked +by failures: nobody new is granted/,
      /^holder web1 \(hdfs-datanode\)$/m,
      /state +failed, step verify failed \d+ s ago, exit 3/,
      /reason +expected another process, saw the same/,
      /action +restart hdfs-datanode/,
      /by +deployer@ci7/,
      /since +\S+ \(held for \d+ s\)/,
      /token +\d+/,
      /^ +1 +web2 .*\n +2 +web3 /m,
      /repair web1: pulumi up --target urn:pulumi:prod::\S+::web1$/m,
      /clear web --holder \S+ -m WHY --servers 127\.0\.0\.1:\d+\S*$/m,
    ])
      expect(stdout).to.match(part);
  });

  it("shows the same as JSON, and waiters in their order", async () => {
    const { stdout } = await see("show", "web", "--json");
    const lock = lockJson.parse(JSON.parse(stdout));
    expect(lock.holders[0]?.failure).to.deep.include({
      step: "verify",
      exit: 3,
    });
    const queue = lock.waiters.map(({ place, target }) => [place, target]);
    expect(queue).to.deep.equal([
      ...[
        [1, "web2"],
        [2, "web3"],
      ],
    ]);
  });

  it("warns that the run of a stale holder may have left something at work", async () => {
    const { stdout } = await see("show", "odd name/é");
    expect(stdout).to.contain("make sure that nothing of it still works on x1");
    expect(stdout).to.contain("clear 'odd name/é' --holder");
  });

  it("does not advise against a live holder, but how to wait for it or stop the rest", async () => {
    const { stdout } = await see("show", "db");
    expect(stdout).to.contain("locked-action wait db");
    expect(stdout).to.contain("locked-action hold db");
    expect(stdout).not.to.contain("clear");
  });

  it("exits with 3 for a lock that is not there, and guesses which was meant", async () => {
    const { code, stderr } = await see("show", "weeb");
    expect(code).to.equal(3);
    expect(stderr).to.match(
      /^locked-action: there is no lock weeb below .*\n {2}did you mean web\?\n/,
    );
  });

  it("tells the history, the newest last", async () => {
    const { stdout } = await see("history", "web");
    expect(stdout).to.match(
      /^AT +WHAT +.*\n\S+Z +failed +web1 .* step verify: exit 3: expected another process/,
    );
    const json = await see("history", "free", "--json");
    const records = json.stdout
      .trim()
      .split("\n")
      .map((line) => historyJson.parse(JSON.parse(line)));
    expect(records.map(({ kind, target }) => [kind, target])).to.deep.equal([
      ["acted", "f1"],
    ]);
  });

  it("tells canaries, and the end of a roll", async () => {
    const urn = "urn:roll";
    const facts = { ...request("roll", "").facts, urn, roll: true };
    for (const canary of [true, false]) {
      const target = canary ? "r1" : "r2";
      const own = { facts: { ...facts, ...(canary && { canary }) } };
      const held = await locks.live("roll", target, own);
      await held.release({ kind: "acted" });
    }
    const end = { urn, runKey: "k", reason: "2 of 2 done" };
    const session = await locks.session();
    await endRoll(session, "/locked-action/roll", "deployer@ci7", end);
    const { stdout } = await see("history", "roll");
    const rows = stdout.split("\n").map((row) => row.split(/ {2,}/));
    expect(rows.map((row) => [row[1], row[2], row.at(-1)])).to.deep.equal([
      ["WHAT", "TARGET", "RESULT"],
      ["acted (canary)", "r1", "-"],
      ["acted", "r2", "-"],
      ["roll ended", "-", "2 of 2 done"],
      [undefined, undefined, ""],
    ]);
    const json = await see("history", "roll", "--json");
    const records = json.stdout
      .trim()
      .split("\n")
      .map((line) => historyJson.parse(JSON.parse(line)));
    expect(
      records.map(({ kind, roll, canary }) => [kind, roll, canary]),
    ).to.deep.equal([
      ["acted", true, true],
      ["acted", true, false],
      ["roll", true, false],
    ]);
  });

  it("says on stderr that there are no locks, and prints nothing", async () => {
    const { code, stdout, stderr } = await see("list", "--root", "/elsewhere");
    expect([code, stdout]).to.deep.equal([0, ""]);
    expect(stderr).to.match(/^no locks below \/elsewhere at /);
  });
});
