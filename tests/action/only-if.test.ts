import { expect } from "chai";
import type { ActionSpec } from "../../core/action/types";
import { command, count, failed, RESTART, Rig, succeeded } from "./rig";

const leave = (line: string) => `echo ${line} >> $LOCKED_ACTION_HOST_DIR/asked`;

describe("only if it is needed", () => {
  let rig: Rig;
  before(async () => void (rig = await Rig.start(["web1"])));
  after(() => rig.stop());
  beforeEach(() => {
    for (const file of ["acts", "asked", "done", "stuck"])
      rig.remove("web1", file);
  });

  const asked = () => rig.read("web1", "asked").trim().split("\n").join(" ");
  const acts = () => count(rig.read("web1", "acts"));
  const holders = async (spec: ActionSpec) =>
    (await rig.view(spec))?.holders ?? [];
  const onlyIf = (text: string, timeout = 20) => ({ command: text, timeout });
  const gate = { command: leave("gate"), interval: 1, timeout: 10 };
  const unless = onlyIf(
    `${leave("onlyIf")}; test ! -e $LOCKED_ACTION_HOST_DIR/done`,
  );

  it("acts on exit 0; it is asked under the lock, before the gate and the drain", async () => {
    const held = leave("held:${LOCKED_ACTION_FENCING_TOKEN:+yes}");
    const spec = rig.spec({
      onlyIf: onlyIf(`${leave("onlyIf")}; ${held}`),
      gate,
      drain: { command: leave("drain"), timeout: 5 },
    });
    const outcome = succeeded(await rig.run(spec));
    expect(outcome.outcome).to.equal("acted");
    expect(asked()).to.equal("onlyIf held:yes gate drain");
    expect(acts()).to.equal(1);
  });

  it("does nothing on exit 1, releases, and is content", async () => {
    succeeded(await rig.run(rig.spec())); // something runs
    const spec = rig.spec({
      ...{ onlyIf: onlyIf("exit 1"), gate },
      drain: { command: leave("drain"), timeout: 5 },
    });
    const outcome = succeeded(await rig.run(spec));
    expect(outcome).to.deep.include({
      ...{ outcome: "notNeeded", verified: false, verifiedBy: [] },
      ...{ kept: null, inDoubt: false },
    });
    expect(outcome.after).to.have.length(1);
    expect([asked(), acts()]).to.deep.equal(["", 1]);
    const view = await rig.view(spec);
    expect(view?.holders).to.deep.equal([]);
    expect(await rig.history(spec)).to.deep.equal(["notNeeded"]);
  });

  for (const [what, text, told, timeout] of [
    ["another exit", "echo odd >&2; exit 2", "neither yes nor no: exit 2"],
    ["a command that is not there", "no-such-command", /exit 127/],
    ["a signal", "kill -9 $$", /ended by SIGKILL/],
    ["no answer in time", "exec sleep 60", /not done after 1 s/, 1],
    ["an error of syntax", "if", /did not begin it, and answered exit 2/],
  ] as [string, string, string | RegExp, number?][])
    it(`fails on ${what}, with nothing done and the lock released`, async () => {
      const spec = rig.spec({ onlyIf: onlyIf(text, timeout), gate });
      const outcome = failed(await rig.run(spec));
      expect(outcome.step).to.equal("onlyIf");
      if (typeof told === "string")
        expect(outcome.reasons.slice(0, 2)).to.deep.equal([
          ...[`web1: onlyIf: ${told}`, "stderr: odd"],
        ]);
      else expect(outcome.reasons[0]).to.match(told);
      expect(outcome).to.deep.include({ kept: null, touched: false });
      expect(outcome.debt.phase).to.equal("owed");
      expect([asked(), acts()]).to.deep.equal(["", 0]);
      expect(await holders(spec)).to.deep.equal([]);
    });

  it("is not asked where an act had begun under the lock that is kept: that one is owed", async () => {
    const spec = rig.spec({
      ...{ onlyIf: unless, process: null },
      act: command("touch $LOCKED_ACTION_HOST_DIR/done; exit 3"),
    });
    const first = failed(await rig.run(spec));
    expect(first.debt.phase).to.equal("attempted");
    const next = { ...rig.after(spec, first), act: command(RESTART) };
    expect(succeeded(await rig.run(next)).outcome).to.equal("acted");
    expect([asked(), acts()]).to.deep.equal(["onlyIf", 1]);
  });

  it("is asked again where nothing had begun under the lock that is kept, and what was drained is put back", async () => {
    rig.write("web1", "stuck");
    const spec = rig.spec({
      onlyIf: unless,
      drain: { command: `${leave("drain")}; exit 4`, timeout: 5 },
      undrain: {
        command: `[ ! -e $LOCKED_ACTION_HOST_DIR/stuck ] && ${leave("undrain")}`,
        timeout: 5,
      },
    });
    const first = failed(await rig.run(spec));
    expect(first.debt).to.deep.include({ phase: "owed", drained: true });
    for (const file of ["done"]) rig.write("web1", file);
    rig.remove("web1", "stuck");
    const second = succeeded(await rig.run(rig.after(spec, first)));
    expect(second).to.deep.include({ outcome: "notNeeded", kept: null });
    expect([asked(), acts()]).to.deep.equal(["onlyIf drain onlyIf undrain", 0]);
    expect(await holders(spec)).to.deep.equal([]);
  });

  it("is told as not needed also where the lock is skipped", async () => {
    const lock = rig.lock(rig.newLock(), { skip: true });
    const spec = rig.spec({ lock, onlyIf: onlyIf("exit 1") });
    expect(succeeded(await rig.run(spec)).outcome).to.equal("notNeeded");
    expect(acts()).to.equal(0);
  });
});
