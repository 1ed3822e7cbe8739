import { expect } from "chai";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import { command, count, failed, Rig, succeeded } from "./rig";

/** What each outcome leaves on the host, in ZooKeeper, and for the next run. */
describe("outcomes of an action", () => {
  let rig: Rig;
  before(async () => void (rig = await Rig.start()));
  after(() => rig.stop());
  beforeEach(() => {
    for (const file of ["acts", "broken", "drains", "asked"])
      rig.remove("web1", file);
  });

  const acts = () => count(rig.read("web1", "acts"));

  it("acts, proves it by another process, and releases", async () => {
    const spec = rig.spec();
    succeeded(await rig.run(spec));
    const again = succeeded(await rig.run(spec));
    expect(again).to.deep.include({
      ...{ outcome: "acted", verified: true, exitCode: 0, kept: null },
      verifiedBy: ["exitCode", "process"],
    });
    expect(again.before).to.have.length(1);
    expect(again.after).to.have.length(1);
    expect(again.after).not.to.deep.equal(again.before);
    const pid = again.after![0]!.split("/")[1];
    expect(rig.read("web1", "pid").trim()).to.equal(pid);
    expect(again.lock?.fencingToken).to.match(/^\d+$/);
    expect((await rig.view(spec))?.holders).to.deep.equal([]);
  });

  it("says that nothing was verified where there is nothing to verify", async () => {
    const spec = rig.spec({ process: null, act: command("true") });
    expect(succeeded(await rig.run(spec))).to.deep.include({
      ...{ outcome: "acted", verified: false, verifiedBy: ["exitCode"] },
    });
  });

  it("takes no soak for a proof of health where nothing was asked and nothing watched", async () => {
    const soak = {
      command: ":",
      interval: 0.02,
      timeout: 5,
      minHealthy: 0.05,
    };
    const outcome = await rig.run(
      rig.spec({
        process: null,
        act: command("true"),
        health: { ...soak, asksNothing: true },
      }),
    );
    expect(outcome).to.deep.include({
      ...{ outcome: "acted", verified: false, verifiedBy: ["exitCode"] },
    });
  });

  it("tells the command what it may know", async () => {
    const show =
      'echo "$LOCKED_ACTION_NAME $LOCKED_ACTION_HOST $LOCKED_ACTION_FENCING_TOKEN $WHO"; cat';
    const act = command(show, { stdin: "in", environment: { WHO: "me" } });
    const spec = rig.spec({ process: null, act });
    const { stdout, lock } = succeeded(await rig.run(spec));
    expect(stdout?.trim()).to.equal(
      `${spec.lock.name} web1 ${lock?.fencingToken} me\nin`,
    );
  });

  it("does not touch the host to record", async () => {
    const spec = rig.spec({ mode: "record" });
    const outcome = succeeded(await rig.run(spec));
    expect(outcome.outcome).to.equal("recorded");
    expect(outcome.after).to.have.length(1);
    expect(acts()).to.equal(0);
    expect(await rig.view(spec)).to.equal(null);
  });

  it("takes no lock if the host can't be reached", async () => {
    const connection = { ...rig.connection("web1"), port: 1 };
    const spec = rig.spec({ connection });
    const outcome = failed(await rig.run(spec));
    expect(outcome.reasons[0]).to.match(/^web1: dial: /);
    expect(outcome).to.deep.include({
      step: "dial",
      kept: null,
      touched: false,
    });
    expect(outcome.debt).to.deep.include({ phase: "owed", runKey: "run-1" });
    expect(await rig.view(spec)).to.equal(null);
  });

  it("keeps the lock when the command fails, and tells nobody what it printed", async () => {
    const act = command(
      "echo act >> $LOCKED_ACTION_HOST_DIR/acts; echo to-be-seen >&2; exit 3",
    );
    const spec = rig.spec({ act });
    const outcome = failed(await rig.run(spec));
    expect(outcome.reasons.slice(0, 2)).to.deep.equal([
      "web1: act: the command: exit 3",
      "stderr: to-be-seen",
    ]);
    const { lock, holder } = outcome.kept!;
    expect(outcome.reasons.join("\n")).to.include(
      `locked-action clear ${spec.lock.name} --holder ${holder}`,
    );
    expect(outcome.reasons.join("\n")).to.include(
      "pulumi up --target urn:web1",
    );
    expect(outcome.debt.phase).to.equal("attempted");
    expect(outcome.debt.baseline?.identities).to.have.length(1);
    const view = (await rig.view(spec))!;
    expect(view.path).to.equal(lock);
    expect(view.holders).to.have.length(1);
    expect(view.holders[0]).to.deep.include({ id: holder, state: "failed" });
    expect(view.holders[0]?.record?.failure).to.deep.include({
      step: "act",
      exit: 3,
      reason: "exit 3",
    });
    expect(JSON.stringify(view)).not.to.match(/to-be-seen|HOST_DIR/);
  });

  it("shows no output without leave", async () => {
    const act = command("echo hidden >&2; exit 1");
    const show = { stdout: false, stderr: false };
    const outcome = failed(await rig.run(rig.spec({ act, show })));
    expect(outcome.reasons.join("\n")).not.to.include("hidden");
    expect(outcome.reasons[1]).to.match(/logging/);
  });

  it("takes secrets out of all it tells", async () => {
    const act = command("echo marker-secret; echo marker-secret >&2; exit 1");
    const spec = rig.spec({ act, secrets: ["marker-secret"] });
    const outcome = failed(await rig.run(spec));
    expect(JSON.stringify([outcome, await rig.view(spec)])).not.to.include(
      "marker-secret",
    );
    expect(outcome.stderr).to.include("[secret]");
  });

  it("ends a command that takes too long, and keeps the lock", async () => {
    const spec = rig.spec({ act: command("sleep 100", { timeout: 1 }) });
    const outcome = failed(await rig.run(spec));
    expect(outcome.reasons[0]).to.equal(
      "web1: act: the command: not done after 1 s, ended",
    );
    expect(outcome.kept).not.to.equal(null);
  });

  it("has not begun what sudo refuses: nothing was done, the lock is released", async function () {
    if (spawnSync("sudo", ["-n", "-u", "nobody-here", "true"]).error) {
      console.log("      not run: there is no sudo on this machine");
      return this.skip();
    }
    const act = command("echo act >> $LOCKED_ACTION_HOST_DIR/acts", {
      sudo: "nobody-here",
    });
    const spec = rig.spec({ act, process: null });
    const outcome = failed(await rig.run(spec));
    expect(outcome.reasons[0]).to.match(
      /^web1: act: the command was not begun: exit \d+$/,
    );
    expect(outcome).to.deep.include({ kept: null, touched: false });
    expect(outcome.debt.phase).to.equal("owed");
    expect((await rig.view(spec))?.holders).to.deep.equal([]);
  });

  it("blocks others, and tells them who and what to do", async () => {
    const spec = rig.spec({ act: command("exit 7") });
    failed(await rig.run(spec));
    const other = rig.spec({ lock: { ...spec.lock, group: "web2" } }, "web2");
    const outcome = failed(await rig.run(other));
    expect(outcome.reasons[0]).to.match(
      /^web2: lock: .*web1 \(daemon\), failed: step act failed .*exit 7/,
    );
    expect(outcome.reasons.join("\n")).to.include(
      "pulumi up --target urn:web1",
    );
    expect(outcome).to.deep.include({ kept: null, touched: false });
    expect(outcome.debt.baseline?.identities).to.deep.equal([]);
    expect(rig.read("web2", "acts")).to.equal("");
  });

  it("stops waiting when it is told to, and owes", async () => {
    const spec = rig.spec({ act: command("exit 7") });
    failed(await rig.run(spec));
    const lock = {
      ...spec.lock,
      group: "web2",
      onFailedHolder: "wait" as const,
    };
    const stop = new AbortController();
    const report = ({ text }: { text: string }) => {
      if (/place 1 of 1/.test(text))
        stop.abort(new Error("the program has ended"));
    };
    const outcome = failed(
      await rig.run(rig.spec({ lock }, "web2"), {
        signal: stop.signal,
        report,
      }),
    );
    expect(outcome.reasons).to.deep.equal([
      "web2: lock: stopped before anything was done: the program has ended",
      "the next `pulumi up` goes on",
    ]);
    expect((await rig.view(spec))?.waiters).to.deep.equal([]);
  });

  it("finishes what it has begun when it is told to stop", async () => {
    const stop = new AbortController();
    const report = ({ step }: { step: string }) => {
      if (step === "act") stop.abort(new Error("the program has ended"));
    };
    const outcome = await rig.run(rig.spec(), { signal: stop.signal, report });
    expect(succeeded(outcome).outcome).to.equal("acted");
  });

  it("leaves nothing on the host behind", () => {
    const files = fs.readdirSync(rig.fleet.host("web1").dir);
    expect(
      files.filter(
        (file) => !/^(acts|pid|daemon|sshd\.log|broken)$/.test(file),
      ),
    ).to.deep.equal([]);
  });
});
