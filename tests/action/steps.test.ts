import { expect } from "chai";
import { clear, hold, lockPath } from "../../core/lock";
import type { ActionSpec } from "../../core/action/types";
import { command, count, failed, RESTART, Rig, succeeded } from "./rig";

const leave = (line: string, file = "asked") =>
  `echo ${line} >> $LOCKED_ACTION_HOST_DIR/${file}`;

describe("gate, drain, undrain and health", () => {
  let rig: Rig;
  before(async () => void (rig = await Rig.start()));
  after(() => rig.stop());
  beforeEach(() => {
    for (const file of ["acts", "broken", "asked", "open"])
      rig.remove("web1", file);
  });

  const asked = () => rig.read("web1", "asked").trim().split("\n").join(" ");
  const acts = () => count(rig.read("web1", "acts"));
  const holders = async (spec: ActionSpec) =>
    (await rig.view(spec))?.holders ?? [];
  const probe = (command: string, timeout = 60) => ({
    ...{ command, timeout, interval: 0.05 },
  });

  it("asks the gate again while it says not yet", async () => {
    const gate = probe(
      `${leave("gate")}; [ $(wc -l < $LOCKED_ACTION_HOST_DIR/asked) -ge 3 ] || exit 75`,
    );
    succeeded(await rig.run(rig.spec({ gate })));
    expect(asked()).to.equal("gate gate gate");
    expect(acts()).to.equal(1);
  });

  it("does nothing and releases when the gate says never", async () => {
    const spec = rig.spec({ gate: probe("echo red >&2; exit 1") });
    const outcome = failed(await rig.run(spec));
    expect(outcome.reasons.slice(0, 2)).to.deep.equal([
      "web1: gate: it says never (exit 1)",
      "stderr: red",
    ]);
    expect(outcome).to.deep.include({ kept: null, touched: false });
    expect(outcome.debt.phase).to.equal("owed");
    expect(acts()).to.equal(0);
    expect(await holders(spec)).to.deep.equal([]);
  });

  it("does nothing and releases when the gate does not open in time", async () => {
    const spec = rig.spec({ gate: probe("exit 75", 0.3) });
    const outcome = failed(await rig.run(spec));
    expect(outcome.reasons[0]).to.equal("web1: gate: not open in 0.3 s");
    expect(await holders(spec)).to.deep.equal([]);
  });

  it("stops asking the gate when the program ends, and releases", async () => {
    const stop = new AbortController();
    const report = ({ text }: { text: string }) => {
      if (text.startsWith("not yet"))
        stop.abort(new Error("the program has ended"));
    };
    const spec = rig.spec({ gate: probe("exit 75", 60) });
    const outcome = failed(
      await rig.run(spec, { signal: stop.signal, report }),
    );
    expect(outcome.reasons[0]).to.equal(
      "web1: gate: stopped before anything was done: the program has ended",
    );
    expect(await holders(spec)).to.deep.equal([]);
  });

  it("asks no gate when it resumes", async () => {
    const spec = rig.spec({
      act: command("exit 1"),
      gate: probe(leave("gate")),
    });
    const first = failed(await rig.run(spec));
    const next = {
      ...rig.after(spec, first),
      act: command(RESTART),
      runKey: "run-2",
    };
    succeeded(await rig.run(next));
    expect(asked()).to.equal("gate");
  });

  it("drains before the act and undrains after the proof", async () => {
    const spec = rig.spec({
      drain: { command: leave("drain"), timeout: 5 },
      act: command(`${leave("act")}\n${RESTART}`),
      health: { ...probe(leave("health")), minHealthy: 0 },
      undrain: { command: leave("undrain"), timeout: 5 },
    });
    const outcome = succeeded(await rig.run(spec));
    expect(asked()).to.equal("drain act health undrain");
    expect(outcome.verifiedBy).to.deep.equal(["exitCode", "process", "health"]);
  });

  it("undrains and keeps the lock when drain fails", async () => {
    const spec = rig.spec({
      drain: { command: `${leave("drain")}; exit 5`, timeout: 5 },
      undrain: { command: leave("undrain"), timeout: 5 },
    });
    const outcome = failed(await rig.run(spec));
    expect(outcome.reasons.slice(0, 2)).to.deep.equal([
      "web1: drain: exit 5",
      "undrain was run: the host is in service again",
    ]);
    expect(outcome.debt).to.deep.include({ phase: "owed", drained: false });
    expect(asked()).to.equal("drain undrain");
    expect(acts()).to.equal(0);
    const [holder] = await holders(spec);
    expect(holder?.record?.failure).to.deep.include({ step: "drain", exit: 5 });

    const drain = { command: leave("drain"), timeout: 5 };
    succeeded(await rig.run({ ...rig.after(spec, outcome), drain }));
    expect(asked()).to.equal("drain undrain drain undrain");
    expect(acts()).to.equal(1);
  });

  it("does not put a host back into service that the act may have broken", async () => {
    const spec = rig.spec({
      drain: { command: leave("drain"), timeout: 5 },
      act: command("exit 1"),
      undrain: { command: leave("undrain"), timeout: 5 },
    });
    const outcome = failed(await rig.run(spec));
    expect(asked()).to.equal("drain");
    expect(outcome.debt).to.deep.include({ phase: "attempted", drained: true });
    const next = {
      ...rig.after(spec, outcome),
      act: command(RESTART),
      runKey: "run-2",
    };
    delete next.drain;
    succeeded(await rig.run(next));
    expect(asked()).to.equal("drain undrain");
  });

  it("only undrains when nothing but that is owed", async () => {
    const undrain = {
      command: `${leave("undrain")}; [ -f $LOCKED_ACTION_HOST_DIR/open ]`,
      timeout: 5,
    };
    const spec = rig.spec({
      drain: { command: leave("drain"), timeout: 5 },
      undrain,
    });
    const first = failed(await rig.run(spec));
    expect(first.reasons[0]).to.equal("web1: undrain: exit 1");
    expect(first.debt).to.deep.include({ phase: "verified", drained: true });
    expect((await holders(spec))[0]?.state).to.equal("failed");
    rig.write("web1", "open");
    const second = succeeded(await rig.run(rig.after(spec, first)));
    expect(second.kept).to.equal(null);
    expect(asked()).to.equal("drain undrain undrain");
    expect(acts()).to.equal(1);
    expect(await holders(spec)).to.deep.equal([]);
  });

  it("keeps the lock when it does not get healthy", async () => {
    const health = { ...probe("echo sick >&2; exit 2", 0.5), minHealthy: 0.2 };
    const spec = rig.spec({ health });
    const outcome = failed(await rig.run(spec));
    expect(outcome.reasons.slice(0, 2)).to.deep.equal([
      "web1: health: not healthy for 0.2 s in 0.5 s: last exit 2",
      "stderr: sick",
    ]);
    expect(outcome.debt.phase).to.equal("acted");
    expect((await holders(spec))[0]?.record?.failure?.step).to.equal("health");
  });

  it("only verifies when what was done is not healthy yet, and does not act again", async () => {
    const health = {
      ...probe("[ -f $LOCKED_ACTION_HOST_DIR/open ]", 0.3),
      minHealthy: 0,
    };
    const spec = rig.spec({ health, process: null });
    const first = failed(await rig.run(spec));
    expect(first.debt.phase).to.equal("acted");
    const second = failed(await rig.run(rig.after(spec, first)));
    expect(second.step).to.equal("health");
    rig.write("web1", "open");
    const third = succeeded(await rig.run(rig.after(spec, second)));
    expect(third).to.deep.include({ verified: true, kept: null });
    expect(acts()).to.equal(1);
  });

  it("sees a crash loop behind a health check that says yes", async () => {
    // each time it is asked, the process is another one
    const health = {
      ...probe(`${leave("health")}\n${RESTART}`),
      minHealthy: 5,
    };
    const outcome = failed(await rig.run(rig.spec({ health })));
    expect(outcome.reasons[0]).to.match(
      /^web1: health: the process did not stay: pid \d+ is gone, now there is \d+$/,
    );
    expect(outcome.kept).not.to.equal(null);
  });

  it("stops, with nothing done, when its lock was cleared meanwhile", async () => {
    const spec = rig.spec({
      gate: probe("[ -f $LOCKED_ACTION_HOST_DIR/open ] || exit 75"),
    });
    const path = lockPath(spec.lock.root, spec.lock.name);
    let cleared: Promise<unknown> | undefined;
    const report = ({ text }: { text: string }) => {
      if (text.startsWith("not yet")) cleared ??= takeAway();
    };
    const takeAway = async () => {
      const { session, release } = await rig.sessions.lease({
        servers: spec.lock.servers,
      });
      const [holder] = await holders(spec);
      await clear(session, path, holder!.id, {
        by: "ops",
        why: "by the test",
        forceLive: true,
      });
      await release();
      rig.write("web1", "open");
    };
    const outcome = failed(await rig.run(spec, { report }));
    await cleared;
    expect(outcome.reasons[0]).to.match(
      /^web1: lock: .*no longer ours: cleared by ops/,
    );
    expect(outcome).to.deep.include({ kept: null, touched: false });
    expect(acts()).to.equal(0);
  });

  it("does not begin under an operator's hold", async () => {
    const first = rig.spec();
    succeeded(await rig.run(first));
    const { session, release } = await rig.sessions.lease({
      servers: first.lock.servers,
    });
    await hold(session, lockPath(first.lock.root, first.lock.name), {
      by: "ops",
      why: "stop the roll",
    });
    await release();
    const lock = { ...first.lock, timeout: 1 };
    const outcome = failed(await rig.run({ ...first, lock }));
    expect(outcome.reasons.join("\n")).to.include("stop the roll");
    expect(acts()).to.equal(1);
  });
});
