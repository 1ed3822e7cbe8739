import { expect } from "chai";
import { runAction, systemClock } from "../../core/action";
import type {
  Act,
  ActionOutcome,
  ActionSpec,
  Progress,
} from "../../core/action/types";
import { command, failed, RESTART, Rig, succeeded } from "./rig";

const HERE = 'cd "$LOCKED_ACTION_HOST_DIR"';
const here = (text: string) => ({ command: `${HERE}; ${text}`, timeout: 5 });
const green = here("[ ! -e red ]");
const health = { ...green, interval: 0.05, timeout: 0.3, minHealthy: 0 };
/** A command that says in `acts` whose it is. */
const saying = (word: string, more = "") =>
  command(`${HERE}; echo ${word} >> acts${more}`);

describe("one run after the other", () => {
  let rig: Rig;
  before(async () => void (rig = await Rig.start(["web1"])));
  after(() => rig.stop());
  beforeEach(() => {
    for (const file of ["acts", "red", "stuck", "drains"])
      rig.remove("web1", file);
  });

  const did = () => rig.read("web1", "acts").trim().split(/\s+/);
  /** Its provider ends while it acts: nobody hears of the outcome. */
  const killed = async (spec: ActionSpec): Promise<ActionOutcome> => {
    const { hosts, sessions } = rig;
    const halt = new AbortController();
    const report = ({ step }: Progress) => {
      if (step === "act") halt.abort();
    };
    const { signal } = new AbortController();
    const deps = { hosts, sessions, clock: systemClock, signal, report };
    return runAction(spec, { ...deps, halt: halt.signal });
  };

  it("a new command whose drain failed runs after the repair", async () => {
    rig.write("web1", "red");
    const drain = here("[ ! -e stuck ]");
    const spec = rig.spec({
      ...{ process: null, act: saying("one"), health },
      ...{ drain, undrain: here("true") },
    });
    const first = failed(await rig.run(spec));
    expect(first.step).to.equal("health");
    rig.remove("web1", "red");
    rig.write("web1", "stuck");
    const act = saying("two");
    const next = { ...rig.after(spec, first), runKey: "run-2", act };
    const second = failed(await rig.run(next));
    expect(second.step).to.equal("drain");
    expect(second.debt).to.deep.include({ runKey: "run-2", phase: "owed" });
    rig.remove("web1", "stuck");
    const third = succeeded(await rig.run(rig.after(next, second)));
    expect(third).to.deep.include({ outcome: "acted", kept: null });
    expect(did()).to.deep.equal(["one", "two"]);
  });

  it("a new command whose provider was killed between drain and act runs", async () => {
    rig.write("web1", "red");
    const drained = { drain: here("true"), undrain: here("true") };
    const spec = rig.spec({
      ...{ process: null, act: saying("one"), health, ...drained },
    });
    const first = failed(await rig.run(spec));
    rig.remove("web1", "red");
    const next = {
      ...rig.after(spec, first),
      ...{ runKey: "run-2", act: saying("two") },
    };
    // the drain outlives its provider, which never gets to its act
    const stuck = { ...next, drain: here("touch drains; exit 1") };
    const halt = new AbortController();
    const { hosts, sessions } = rig;
    const report = ({ step }: Progress) => {
      if (step === "drain") halt.abort();
    };
    const { signal } = new AbortController();
    const deps = { hosts, sessions, clock: systemClock, signal, report };
    failed(await runAction(stuck, { ...deps, halt: halt.signal }));
    const third = succeeded(await rig.run(next));
    expect(third.outcome).to.equal("acted");
    expect(did()).to.deep.equal(["one", "two"]);
  });

  for (const watched of [false, true])
    it(`back to a first command after a killed second one: the first runs again${watched ? ", whatever the processes say" : ""}`, async () => {
      const restart = (word: string) =>
        watched ? command(`${RESTART}\necho ${word} >> acts`) : saying(word);
      const process = watched ? {} : { process: null };
      const begin = rig.spec({ ...process, act: restart("zero") });
      succeeded(await rig.run(begin));
      rig.remove("web1", "acts");
      rig.write("web1", "red");
      const spec = { ...begin, act: restart("one"), health, runKey: "run-1" };
      const first = failed(await rig.run(spec));
      expect(first.debt.phase).to.equal("acted");
      const owing = rig.after(spec, first);
      await killed({ ...owing, runKey: "run-2", act: restart("two") });
      rig.remove("web1", "red");
      expect(succeeded(await rig.run(owing)).outcome).to.equal("acted");
      const words = did().filter((word) => word !== "act");
      expect(words).to.deep.equal(["one", "two", "one"]);
    });

  for (const perform of ["reload", "try-restart"] as const)
    it(`a failed ${perform} is over when somebody has started the service anew`, async () => {
      if (perform === "reload") await rig.run(rig.spec());
      else stop();
      const act: Act = {
        ...{ kind: "service" as const, service: "no-such-service", perform },
        timeout: 10,
      };
      const spec = rig.spec({ act });
      const first = failed(await rig.run(spec));
      expect(first.debt.phase).to.equal("attempted");
      succeeded(await rig.run(rig.spec())); // somebody else restarts it
      const next = succeeded(await rig.run(rig.after(spec, first)));
      expect(next).to.deep.include({
        ...{ outcome: "alreadyRestarted", verified: true, kept: null },
      });
    });

  it("a success of a provider that was told to end says that its lock stands", async () => {
    const spec = rig.spec({ process: null, act: saying("one", "; sleep 0.5") });
    const outcome = succeeded(await killed(spec));
    const [holder] = (await rig.view(spec))!.holders;
    expect(holder?.state).to.equal("stale");
    expect(outcome.kept).to.deep.include({ holder: holder?.id });
    expect(outcome.inDoubt).to.equal(true);
    expect(outcome.warnings.join()).to.match(/told to end before the lock/);
    const again = succeeded(await rig.run(spec));
    expect(again.kept).to.equal(null);
  });

  describe("of one owner, where only one can undrain", () => {
    it("leaves the undrain to the one that has it", async () => {
      rig.write("web1", "red");
      const drained = {
        drain: here("echo drain >> drains"),
        undrain: here("echo undrain >> drains"),
      };
      const one = rig.spec({
        ...{ process: null, act: saying("one"), health, ...drained },
      });
      const first = failed(await rig.run(one));
      rig.remove("web1", "red");
      const { drain, undrain, ...bare } = one;
      expect([drain, undrain]).not.to.include(undefined);
      const other = { ...bare, runKey: "other", act: saying("other") };
      for (const attempt of [1, 2]) {
        const debt = null;
        const second = failed(await rig.run({ ...other, debt }));
        expect(second.reasons[0], String(attempt)).to.match(
          /^web1: undrain: .*drained the host, and this resource has no undrain/,
        );
        expect(second.kept).not.to.equal(null);
      }
      succeeded(await rig.run(rig.after(one, first)));
      expect(rig.read("web1", "drains").trim().split("\n").at(-1)).to.equal(
        "undrain",
      );
    });
  });

  function stop(): void {
    const pid = Number(rig.read("web1", "pid"));
    if (pid) process.kill(pid);
    rig.remove("web1", "pid");
  }
});
