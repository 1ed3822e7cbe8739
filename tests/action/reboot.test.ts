import { expect } from "chai";
import fs from "node:fs";
import path from "node:path";
import type { ActionSpec, RebootAction } from "../../core/action/types";
import type { ConnectionOptions } from "../../core/ssh/types";
import {
  needsPrivateHosts,
  startPrivateHost,
  type PrivateHost,
} from "../ssh/private-host";
import { failed, Rig, succeeded } from "./rig";

const OLD = "11111111-1111-4111-8111-111111111111";
const NEW = "22222222-2222-4222-8222-222222222222";
const NEWER = "33333333-3333-4333-8333-333333333333";

/** A boot is a file here: see tests/machines for hosts that really boot. */
describe("a reboot as the act", () => {
  needsPrivateHosts();
  let rig: Rig;
  let host: PrivateHost;
  let dir: string;

  before(async () => {
    rig = await Rig.start(["web1"]);
    dir = fs.mkdtempSync(path.join(rig.sandbox.dir, "boots-"));
    const bin = path.join(dir, "shutdown");
    const script = `#!/bin/sh\necho "$*" >>${dir}/calls; . ${dir}/do\n`;
    fs.writeFileSync(bin, script, { mode: 0o755 });
    fs.writeFileSync(path.join(dir, "boot"), OLD);
    const hidden = "/run/locked-action-bin";
    host = await startPrivateHost(rig.sandbox, [], {
      mounts: [
        `mount --bind ${dir}/boot /proc/sys/kernel/random/boot_id`,
        // no systemd, and a \`shutdown\` of the test's own in front of all others
        "[ ! -d /run/systemd ] || mount -t tmpfs none /run/systemd",
        `mkdir -p ${hidden}; mount --bind ${dir} ${hidden}`,
      ],
      config: [
        `SetEnv PATH=${hidden}:/usr/bin:/bin LOCKED_ACTION_SANDBOX=${rig.sandbox.dir}`,
      ],
    });
  });
  after(() => rig?.stop());
  beforeEach(() => {
    boots(OLD);
    fs.writeFileSync(path.join(dir, "calls"), "");
  });

  const boots = (id: string) =>
    fs.writeFileSync(path.join(dir, "boot"), `${id}\n`);
  /** What \`shutdown\` does. */
  const does = (script: string) =>
    fs.writeFileSync(path.join(dir, "do"), script);
  const reboots = (id = NEW) => does(`echo ${id} >${dir}/boot`);
  const calls = () =>
    fs.readFileSync(path.join(dir, "calls"), "utf8").trim().split("\n");
  const connection = (): ConnectionOptions => ({
    ...host.connection("root"),
    ...{ dialErrorLimit: 1, perDialTimeout: 5 },
    privateKey: fs.readFileSync(`${host.dir}/client`, "utf8"),
  });
  const act = (timeout = 20): RebootAction => ({ kind: "reboot", timeout });
  const spec = (changes: Partial<ActionSpec> = {}) =>
    rig.spec({
      ...{ act: act(), process: null, connection: connection() },
      owner: { target: "web1", subject: "reboot" },
      ...changes,
    });
  /** The next run, over the same lock. */
  const stateOf = async (of: ActionSpec) =>
    (await rig.view(of))?.holders.map(({ state }) => state);

  it("is proven by another boot, and by that alone", async () => {
    reboots();
    const outcome = succeeded(await rig.run(spec()));
    expect(outcome).to.deep.include({
      ...{ outcome: "acted", verified: true, verifiedBy: ["boot"] },
      ...{ before: [`${OLD}/1/0`], after: [`${NEW}/1/0`], kept: null },
    });
    expect(calls()).to.deep.equal(["-r now"]);
  });

  it("is done also where the link is lost with the command, and the host takes its time", async () => {
    // the session's sshd dies with its host; what comes next is another boot
    does(
      `(sleep 1; echo ${NEW} >${dir}/boot) </dev/null >/dev/null 2>&1 & kill -9 $(ps -o ppid= -p $PPID)`,
    );
    const said: string[] = [];
    const outcome = succeeded(
      await rig.run(spec(), { report: ({ text }) => said.push(text) }),
    );
    expect(outcome.verifiedBy).to.deep.equal(["boot"]);
    expect(calls()).to.have.length(1);
    expect(said).to.include("waiting for the host to go down");
  });

  it("is followed by the process, the health and the undrain", async () => {
    does(
      `echo ${NEW} >${dir}/boot; (sleep 0.5; exec ${rig.daemon("web1")} 1000) </dev/null >/dev/null 2>&1 &`,
    );
    const leave = (word: string) => `echo ${word} >>${dir}/calls`;
    const outcome = succeeded(
      await rig.run(
        spec({
          process: { commandString: rig.daemon("web1"), fullCmd: true },
          drain: { command: leave("drain"), timeout: 5 },
          undrain: { command: leave("undrain"), timeout: 5 },
          health: {
            ...{ command: leave("health"), interval: 1, timeout: 20 },
            minHealthy: 0,
          },
        }),
      ),
    );
    expect(outcome.verifiedBy).to.deep.equal(["boot", "process", "health"]);
    expect(outcome.after).to.deep.equal([`${NEW}/1/0`]);
    expect(calls()).to.deep.equal(["drain", "-r now", "health", "undrain"]);
  });

  it("fails where the host comes back without having rebooted, and is owed under the kept lock", async () => {
    does(":");
    const first = spec({ act: act(3) });
    const outcome = failed(await rig.run(first));
    expect(outcome.reasons[0]).to.equal(
      "web1: act: the host answers, and has not rebooted within 3 s: its boot is still the same",
    );
    expect(outcome.debt).to.deep.include({ phase: "attempted" });
    expect(await stateOf(first)).to.deep.equal(["failed"]);
    reboots();
    const next = succeeded(await rig.run(rig.after(first, outcome)));
    expect(next).to.deep.include({ outcome: "acted", kept: null });
    expect(calls()).to.have.length(2);
  });

  for (const exit of [1, 127, 255])
    it(`fails at once where the host refuses (exit ${exit})`, async () => {
      does(`echo 'no such luck' >&2; exit ${exit}`);
      const outcome = failed(await rig.run(spec({ act: act(600) })));
      expect(outcome.reasons.slice(0, 2)).to.deep.equal([
        ...[`web1: act: the reboot: exit ${exit}`, "stderr: no such luck"],
      ]);
      expect(outcome.kept).not.to.equal(null);
    });

  it("is no failure where the command dies with its host", async () => {
    does(
      `(sleep 1; echo ${NEW} >${dir}/boot) </dev/null >/dev/null 2>&1 & kill $$`,
    );
    const outcome = succeeded(await rig.run(spec()));
    expect(outcome.verifiedBy).to.deep.equal(["boot"]);
  });

  it("that was done is seen by the next run, which reboots no second time", async () => {
    does(":"); // it takes longer than anybody waits
    const first = spec({ act: act(2) });
    const outcome = failed(await rig.run(first));
    boots(NEW);
    const next = succeeded(await rig.run(rig.after(first, outcome)));
    expect(next).to.deep.include({
      ...{ outcome: "alreadyRestarted", verifiedBy: ["boot"], kept: null },
    });
    expect(calls()).to.have.length(1);
  });

  it("that comes too late, into the boot that follows, does nothing there", async () => {
    does("echo twice >>/dev/null");
    const gate = {
      ...{ command: `echo ${NEW} >${dir}/boot`, interval: 1, timeout: 5 },
    };
    const outcome = succeeded(await rig.run(spec({ gate })));
    expect(outcome.verifiedBy).to.deep.equal(["boot"]);
    expect(calls()).to.deep.equal([""]);
  });

  it("is not repeated because the host rebooted while the lock was waited for", async () => {
    const turn = async () => boots(NEW);
    const outcome = succeeded(await rig.run(spec(), { turn }));
    expect(outcome.outcome).to.equal("alreadyRestarted");
    expect(calls()).to.deep.equal([""]);
  });

  it("sees a host that reboots once more while it must stay healthy", async () => {
    reboots();
    const health = {
      ...{ command: `echo ${NEWER} >${dir}/boot`, interval: 0.5, timeout: 20 },
      minHealthy: 3,
    };
    const outcome = failed(await rig.run(spec({ health })));
    expect(outcome.reasons[0]).to.equal(
      "web1: health: the host was rebooted once more",
    );
    expect(outcome.debt.phase).to.equal("acted");
  });

  it("keeps its lock while the host does not come back, and says for how long it has been away", async () => {
    const own = await startPrivateHost(rig.sandbox, [], {
      mounts: [
        `mount --bind ${dir}/boot /proc/sys/kernel/random/boot_id`,
        "[ ! -d /run/systemd ] || mount -t tmpfs none /run/systemd",
        `mkdir -p /run/locked-action-bin; mount --bind ${dir} /run/locked-action-bin`,
      ],
      config: [
        `SetEnv PATH=/run/locked-action-bin:/usr/bin:/bin LOCKED_ACTION_SANDBOX=${rig.sandbox.dir}`,
      ],
    });
    does(`kill -9 ${own.pid}; kill -9 $(ps -o ppid= -p $PPID)`);
    const away = spec({
      act: act(4),
      connection: {
        ...own.connection("root"),
        ...{ dialErrorLimit: 1, perDialTimeout: 5 },
        privateKey: fs.readFileSync(`${own.dir}/client`, "utf8"),
      },
    });
    const outcome = failed(await rig.run(away));
    expect(outcome.reasons[0]).to.match(
      /^web1: act: the host has not come back within 4 s: it is away for \d+(\.\d)? s$/,
    );
    expect(outcome.reasons[1]).to.match(/^last try: .*ECONNREFUSED/);
    const view = await rig.view(away);
    expect(view?.holders[0]?.record?.failure).to.deep.include({ step: "act" });
    expect(view?.holders[0]?.record?.failure?.reason).to.match(
      /^it has not come back from its reboot: away for /,
    );
  });
});
