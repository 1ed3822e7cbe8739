import { expect } from "chai";
import type {
  ActionSpec,
  HealthProbe,
  Perform,
  ServiceAction,
} from "../../core/action/types";
import { failed, succeeded } from "../action/rig";
import type { Machine } from "./machine";
import { Machines } from "./stage";

const UNITS: Record<string, string> = {
  simple: "ExecStart=/usr/bin/sleep infinity",
  "worker@": "ExecStart=/usr/bin/sleep infinity",
  notify: `Type=notify
NotifyAccess=all
ExecStart=/bin/sh -c 'sleep 0.5; systemd-notify --ready; exec sleep infinity'`,
  forking: `Type=forking
PIDFile=/run/forking.pid
ExecStart=/bin/sh -c 'sleep infinity & echo $! >/run/forking.pid'`,
  nameless: `Type=forking
ExecStart=/bin/sh -c 'sleep infinity & sleep infinity &'`,
  once: "Type=oneshot\nExecStart=/bin/sh -c 'echo run >>/run/once'",
  stays: "Type=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true",
  fails: "Type=oneshot\nExecStart=/bin/sh -c '! test -e /run/broken'",
  reloads: `ExecStart=/bin/sh -c 'trap "echo again >>/run/reloads" HUP; while :; do sleep 1000 & wait $!; done'
ExecReload=/bin/kill -HUP $MAINPID`,
  loops: `Restart=always
RestartSec=1
ExecStart=/bin/sh -c 'sleep 0.5; ! test -e /run/broken || exit 1; exec sleep infinity'`,
  dead: `Restart=always
RestartSec=3600
ExecStart=/bin/sh -c '! test -e /run/broken || exit 1; exec sleep infinity'`,
  limited: "ExecStart=/usr/bin/sleep infinity",
};
const SECTIONS: Record<string, string> = {
  loops: "StartLimitIntervalSec=0",
  limited: "StartLimitIntervalSec=600\nStartLimitBurst=2",
};

describe("services of a real systemd", function () {
  this.timeout(300_000);
  let machines: Machines;
  let web1: Machine;

  before(async () => {
    machines = await Machines.start("web1");
    [web1] = machines.all as [Machine];
    const files = Object.entries(UNITS).map(
      ([name, service]) =>
        `cat >'/etc/systemd/system/${name}.service' <<'END'\n[Unit]\n${SECTIONS[name] ?? ""}\n[Service]\n${service}\nEND\n`,
    );
    await web1.sh(
      `${files.join("")}systemctl daemon-reload; systemctl start --no-block simple notify forking nameless stays reloads loops dead limited worker@one 'worker@srv\\x2ddata'; sleep 3`,
    );
  });
  after(() => machines?.stop());
  beforeEach(() => web1.sh("rm -f /run/broken"));

  const spec = (
    service: string,
    perform: Perform = "restart",
    changes: Partial<ActionSpec> = {},
  ) => {
    const act: ServiceAction = {
      ...{ kind: "service", service, perform, timeout: 60 },
    };
    return machines.spec(web1, { act, ...changes });
  };
  const soak = (minHealthy: number): HealthProbe => ({
    ...{ command: "true", interval: 1, timeout: 30, minHealthy },
  });
  const PROVEN = ["exitCode", "process"];

  for (const service of [
    ...["simple", "notify", "forking", "nameless", "stays"],
    ...["worker@one", "worker@srv\\x2ddata"],
  ])
    it(`${service}: a restart is proven`, async () => {
      const outcome = succeeded(await machines.rig.run(spec(service)));
      expect(outcome).to.deep.include({
        ...{ outcome: "acted", verifiedBy: PROVEN, kept: null },
      });
      const both = [...outcome.before!, ...outcome.after!];
      expect(new Set(both).size).to.equal(both.length);
    });

  it("once: each restart has run it, and one that fails keeps the lock", async () => {
    const runs = async () => (await web1.sh("wc -l </run/once || true")) || "0";
    const before = Number(await runs());
    const once = succeeded(await machines.rig.run(spec("once")));
    // systemd forgets a unit that is not up and that nothing needs: its word is all there is
    expect(once).to.deep.include({
      ...{ verified: false, verifiedBy: ["exitCode"], kept: null },
    });
    expect(Number(await runs())).to.equal(before + 1);
    succeeded(await machines.rig.run(spec("fails")));
    await web1.sh("touch /run/broken");
    const outcome = failed(await machines.rig.run(spec("fails")));
    expect([outcome.step, outcome.kept === null]).to.deep.equal(["act", false]);
  });

  it("reloads: the same process, which has read its configuration again", async () => {
    const outcome = succeeded(
      await machines.rig.run(spec("reloads", "reload")),
    );
    expect(outcome.verifiedBy).to.deep.equal(PROVEN);
    expect(outcome.before).to.deep.equal(outcome.after);
    expect(await web1.sh("cat /run/reloads")).to.equal("again");
  });

  it("try-restart: another process where it ran, none where it was down", async () => {
    succeeded(await machines.rig.run(spec("simple", "try-restart")));
    await web1.sh("systemctl stop simple");
    const outcome = succeeded(
      await machines.rig.run(spec("simple", "try-restart")),
    );
    expect([outcome.before, outcome.after]).to.deep.equal([[], []]);
    await web1.sh("systemctl start simple");
  });

  it("loops: a crash loop is found while it must stay healthy, and mended by the next run", async () => {
    await web1.sh("touch /run/broken");
    const broken = spec("loops", "restart", { health: soak(8) });
    const outcome = failed(await machines.rig.run(broken));
    expect(outcome.reasons[0]).to.match(
      /^web1: (health: the process did not stay|verify: )/,
    );
    expect(outcome.kept).not.to.equal(null);
    await web1.sh("rm /run/broken");
    const mended = await machines.rig.run(machines.rig.after(broken, outcome));
    expect(succeeded(mended).kept).to.equal(null);
  });

  it("dead: a unit that waits for its next try is not up", async () => {
    await web1.sh("touch /run/broken");
    const outcome = failed(
      await machines.rig.run(
        spec("dead", "restart", { health: { ...soak(2), timeout: 8 } }),
      ),
    );
    expect(outcome.reasons[0]).to.match(/^web1: (verify|health): /);
    expect(outcome.kept).not.to.equal(null);
  });

  it("limited: what systemd refuses after too many starts is a failure that keeps the lock", async () => {
    succeeded(await machines.rig.run(spec("limited")));
    const refused = spec("limited");
    const outcome = failed(await machines.rig.run(refused));
    expect(outcome.step).to.equal("act");
    expect(outcome.reasons.join("\n")).to.match(
      /start of the service was attempted too often|limited\.service/,
    );
    await web1.sh("systemctl reset-failed limited");
    const next = machines.rig.after(refused, outcome);
    expect(succeeded(await machines.rig.run(next)).kept).to.equal(null);
  });

  it("a unit that is not there touches nothing", async () => {
    const outcome = failed(await machines.rig.run(spec("smiple")));
    expect(outcome.reasons[0]).to.equal(
      "web1: look: the unit smiple is not-found",
    );
    expect(outcome.kept).to.equal(null);
  });
});
