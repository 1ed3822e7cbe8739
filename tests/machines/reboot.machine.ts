import { expect } from "chai";
import type { RebootAction } from "../../core/action/types";
import { command, failed, succeeded } from "../action/rig";
import { errorsOf, openScene, type Scene } from "../support/scene";
import { image } from "./image";
import { boot, type Machine } from "./machine";
import { Machines } from "./stage";

const MARK = "/var/reboot-required";
const bootIdOf = (machine: Machine) =>
  machine.sh("cat /proc/sys/kernel/random/boot_id");

describe("hosts that really boot", function () {
  this.timeout(600_000);

  describe("under a RollingAction", () => {
    let scene: Scene;
    let machines: Machine[];

    before(async () => {
      const made = await image();
      scene = await openScene(["unused"]);
      machines = await Promise.all(
        ["web1", "web2"].map((name) => boot(scene.sandbox, made, { name })),
      );
    });
    after(() => scene?.stop());

    it("are rebooted one at a time, those that need it, each proven by its boot and its service", async () => {
      const [web1, web2] = machines as [Machine, Machine];
      const hosts = machines.map(({ name, connection }) => {
        const { host, port, user, privateKey, hostKey } = connection;
        const address = { host, port, user, privateKey, hostKey };
        return [name, { connection: address, target: name }];
      });
      const roll = {
        hosts: Object.fromEntries(hosts) as Record<string, unknown>,
        action: { reboot: true, timeout: 200 },
        onlyIf: { command: `test -e ${MARK}` },
        drain: { command: "echo drain >>/var/steps" },
        process: { unit: "dbus" },
        health: {
          command: `rm -f ${MARK}; systemctl is-active dbus`,
          ...{ interval: 1, minHealthy: 2, timeout: 120 },
        },
        undrain: { command: "echo undrain >>/var/steps" },
        lock: { name: "reboots" },
        canary: { count: 1 },
        always: true,
      };
      const stack = await scene.openStack("reboots", {});
      await stack.setConfig("scene:rolls", JSON.stringify({ roll }));
      const before = await Promise.all(machines.map(bootIdOf));

      // only one of them needs it
      await web2.sh(`touch ${MARK}`);
      const first = await stack.up();
      expect(errorsOf(first)).to.equal("");
      const [kept, other] = await Promise.all(machines.map(bootIdOf));
      expect(kept).to.equal(before[0]);
      expect(other).not.to.equal(before[1]);
      expect(lines(first)).to.match(/^web1: not needed; /m);
      expect(lines(first)).to.match(/^web2: acted, verified; .*; boot /m);

      // both do: never both at once
      await Promise.all(machines.map(({ sh }) => sh(`touch ${MARK}`)));
      const second = await stack.up();
      expect(errorsOf(second)).to.equal("");
      const after = await Promise.all(machines.map(bootIdOf));
      expect(after[0]).not.to.equal(kept);
      expect(after[1]).not.to.equal(other);
      expect(await web1.sh("cat /var/steps")).to.equal("drain\nundrain");
      const { holders, waiters } = await scene.lock("reboots");
      expect([holders, waiters]).to.deep.equal([[], []]);
    });
  });

  describe("by themselves", () => {
    let machines: Machines;
    let web1: Machine;
    before(async () => {
      machines = await Machines.start("web1");
      [web1] = machines.all as [Machine];
    });
    after(() => machines?.stop());

    const reboot: RebootAction = { kind: "reboot", timeout: 200 };

    it("in the middle of somebody's act: told as interrupted by a reboot, never as not begun", async () => {
      const spec = machines.spec(web1, {
        act: command("touch /run/begun; sleep 300", { timeout: 120 }),
      });
      const running = machines.rig.run(spec);
      await web1.sh("until [ -e /run/begun ]; do sleep 0.2; done");
      await web1.sh("echo b >/proc/sysrq-trigger").catch(() => {});
      const outcome = failed(await running);
      const told = outcome.reasons.join("\n");
      expect(told).to.include("the host was rebooted meanwhile");
      expect(told).not.to.match(/not begun/);
      expect(outcome.debt.phase).to.equal("attempted");
      expect(outcome.kept).not.to.equal(null);
      const next = { ...machines.rig.after(spec, outcome), act: command(":") };
      expect(succeeded(await machines.rig.run(next)).kept).to.equal(null);
    });

    it("told to reboot by a run that was killed: the next one sees by the boot that it is done", async () => {
      const spec = machines.spec(web1, {
        act: { ...reboot, timeout: 1 },
        owner: { target: "web1", subject: "reboot" },
      });
      const outcome = failed(await machines.rig.run(spec));
      expect(outcome.debt.phase).to.equal("attempted");
      const again = {
        ...machines.rig.after(spec, outcome),
        act: reboot,
        connection: { ...web1.connection, dialErrorLimit: 60 },
      };
      const next = succeeded(await machines.rig.run(again));
      expect(next.verifiedBy).to.deep.equal(["boot"]);
      expect(next.kept).to.equal(null);
      // a second reboot would take it away again
      const boots = await bootIdOf(web1);
      await web1.sh("sleep 3; test ! -e /run/nologin");
      expect(await bootIdOf(web1)).to.equal(boots);
      expect(next.after).to.deep.equal([`${boots}/1/0`]);
    });
  });
});

function lines({
  diagnostics,
}: {
  diagnostics: { message: string }[];
}): string {
  return diagnostics.map(({ message }) => message).join("\n");
}
