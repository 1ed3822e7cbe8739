import { expect } from "chai";
import fs from "node:fs";
import path from "node:path";
import type { Perform, ServiceAction } from "../../core/action/types";
import {
  needsPrivateHosts,
  startPrivateHost,
  type PrivateHost,
} from "../ssh/private-host";
import { command, failed, Rig, SOON, succeeded } from "./rig";

describe("a unit of systemd's as the proof", () => {
  needsPrivateHosts();
  let rig: Rig;
  let host: PrivateHost;
  let dir: string;

  // systemd itself does not run on test machines: `show` prints a file, each other verb leaves a line and runs another
  before(async () => {
    rig = await Rig.start(["web1"]);
    dir = fs.mkdtempSync(path.join(rig.sandbox.dir, "units-"));
    const bin = path.join(dir, "systemctl");
    const script = `#!/bin/sh
for unit; do :; done
unit=\${unit%.service}
case $* in
show*) cat "${dir}/$unit" 2>/dev/null || printf 'LoadState=not-found\\nActiveState=inactive\\n';;
*) echo "$*" >>${dir}/calls; . ${dir}/do;;
esac
`;
    fs.writeFileSync(bin, script, { mode: 0o755 });
    host = await startPrivateHost(rig.sandbox, [], {
      mounts: [
        "mount -t tmpfs none /run",
        "mkdir -p /run/systemd/system /run/sshd /run/lock",
        "[ -e /usr/bin/systemctl ] || { mkdir -p /run/bin; cp -a /usr/bin/. /run/bin; touch /run/bin/systemctl; mount --bind /run/bin /usr/bin; }",
        `mount --bind ${bin} /usr/bin/systemctl`,
      ],
    });
  });
  after(() => rig?.stop());

  /** What \`show\` prints of a unit. */
  const says = (unit: string, properties: Record<string, string | number>) =>
    Object.entries(properties)
      .map(([name, value]) => `${name}=${value}\n`)
      .join("")
      .replace(/^/, "LoadState=loaded\n")
      .replace(/^(.*\n)*$/, (text) => {
        fs.writeFileSync(path.join(dir, unit), text);
        return text;
      });
  /** What the next verb does. */
  const does = (script: string) =>
    fs.writeFileSync(path.join(dir, "do"), script);
  const calls = () => fs.readFileSync(path.join(dir, "calls"), "utf8");
  const spec = (service: string, perform: Perform = "restart") => {
    fs.writeFileSync(path.join(dir, "calls"), "");
    const act: ServiceAction = {
      ...{ kind: "service", service, perform, timeout: 20 },
    };
    const connection = {
      ...host.connection("root"),
      privateKey: fs.readFileSync(`${host.dir}/client`, "utf8"),
    };
    return rig.spec({ act, connection, process: null });
  };
  const alive = { MainPID: process.pid, ActiveState: "active", Type: "simple" };

  it("is no proof while its main process is dead, whatever its invocation", async () => {
    says("crash", { ...alive, InvocationID: "one" });
    does(
      `printf 'LoadState=loaded\\nActiveState=active\\nType=simple\\nInvocationID=two\\nMainPID=4194304\\n' >${dir}/crash`,
    );
    const outcome = failed(await rig.run({ ...spec("crash"), health: SOON }));
    expect(outcome.step).to.equal("verify");
    expect(outcome.reasons[0]).to.contain(
      "saw no process (the unit is active, but its main process 4194304 has died)",
    );
    expect(outcome.kept).to.not.equal(null);
  });

  it("that runs once is proven by its last run", async () => {
    const ended = "LoadState=loaded\\nActiveState=inactive\\nType=oneshot\\n";
    for (const perform of ["restart", "start", "reload-or-restart"] as const) {
      says("job", {
        ...{ ActiveState: "inactive", Type: "oneshot", MainPID: 0 },
        ...{ Result: "success", InvocationID: "one" },
      });
      does(
        `printf '${ended}Result=success\\nInvocationID=two\\nMainPID=0\\n' >${dir}/job`,
      );
      const outcome = succeeded(await rig.run(spec("job", perform)));
      expect([outcome.outcome, outcome.verifiedBy]).to.deep.equal([
        ...["acted", ["exitCode", "process"]],
      ]);
      expect(outcome.kept).to.equal(null);
    }
    // it had never run, or systemd had forgotten that it did
    says("job", {
      ActiveState: "inactive",
      Type: "oneshot",
      Result: "success",
    });
    expect(succeeded(await rig.run(spec("job"))).verifiedBy).to.deep.equal([
      ...["exitCode", "process"],
    ]);
    // it does not begin anew where it is told to be stopped, or to restart only if it runs
    does(":");
    for (const perform of ["stop", "try-restart"] as const)
      succeeded(await rig.run(spec("job", perform)));
  });

  it("that runs once, and is forgotten at once, is done by systemd's word, and not proven", async () => {
    const forgotten = {
      ...{ ActiveState: "inactive", Type: "oneshot", Result: "success" },
    };
    says("job", forgotten);
    does(":");
    const outcome = succeeded(await rig.run(spec("job")));
    expect([outcome.verified, outcome.verifiedBy]).to.deep.equal([
      ...[false, ["exitCode"]],
    ]);
    // the exit of another command says nothing of it
    const act = command("true");
    const other = {
      ...{ ...spec("job"), act, health: SOON },
      process: { unit: "job" },
    };
    expect(failed(await rig.run(other)).reasons[0]).to.contain(
      "saw no process (the unit is inactive, systemd knows of no run)",
    );
  });

  it("that ran once, and failed, is not done", async () => {
    const act = command(
      `printf 'LoadState=loaded\\nActiveState=failed\\nType=oneshot\\nResult=exit-code\\nInvocationID=two\\n' >${dir}/job`,
    );
    says("job", {
      ActiveState: "inactive",
      Type: "oneshot",
      Result: "success",
    });
    const outcome = await rig.run({
      ...{ ...spec("job"), act, health: SOON },
      process: { unit: "job.service" },
    });
    expect(failed(outcome).reasons[0]).to.contain(
      "(the unit is failed, its last run ended with exit-code)",
    );
  });

  it("may come with the command; a service that is acted on must be there", async () => {
    const act = command(
      `printf 'LoadState=loaded\\nActiveState=active\\nInvocationID=one\\nMainPID=${process.pid}\\n' >${dir}/fresh`,
    );
    const fresh = { ...spec("x"), act, process: { unit: "fresh.service" } };
    expect(succeeded(await rig.run(fresh)).verifiedBy).to.deep.equal([
      ...["exitCode", "process"],
    ]);
    const absent = spec("nignx");
    const outcome = failed(await rig.run(absent));
    expect(outcome.reasons[0]).to.equal(
      "web1: look: the unit nignx is not-found",
    );
    expect([outcome.kept, calls()]).to.deep.equal([null, ""]);
    expect(await rig.view(absent)).to.equal(null);
  });

  it("may have a name with systemd's escapes", async () => {
    const name = "backup@srv\\x2ddata";
    says(name, { ...alive, InvocationID: "one" });
    does(
      `printf 'LoadState=loaded\\nActiveState=active\\nInvocationID=two\\nMainPID=${process.pid}\\n' >'${dir}/${name}'`,
    );
    succeeded(await rig.run(spec(name)));
    expect(calls()).to.equal(`--no-ask-password restart -- ${name}\n`);
  });
});
