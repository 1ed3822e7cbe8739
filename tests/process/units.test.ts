import fs from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { find } from "../ssh/machine";
import { startPrivateHost } from "../ssh/private-host";
import { lookingPrivately } from "./looking-privately";

describe("looking at units of systemd", () => {
  const at = lookingPrivately();
  const { program, running, see, pids } = at;

  const boot = fs
    .readFileSync("/proc/sys/kernel/random/boot_id", "utf8")
    .trim();

  it("tells a host without it", async function () {
    if (fs.existsSync("/run/systemd/system")) {
      console.log("      skipped: systemd runs here");
      return this.skip();
    }
    const host = await startPrivateHost(at.sandbox, [{ name: "one" }], {
      ...(find("systemctl")
        ? { mounts: [`mount --bind /dev/null ${find("systemctl")}`] }
        : {}),
    });
    expect(await see(host, "one", { unit: "foo" })).to.deep.equal({
      kind: "unknown",
      reason: "no systemctl on this host",
    });
  });

  it("reads what systemctl says of a unit", async () => {
    // systemd itself does not run on test machines: this says what it says, in any order
    const bin = fs.mkdtempSync(path.join(at.sandbox.dir, "bin-"));
    fs.chmodSync(bin, 0o755);
    const { file } = program();
    const child = at.sandbox.spawn(file, ["300"]);
    await running(child.pid!, file);
    const group = "/la-test.service";
    const groups = path.join(at.sandbox.dir, "cgroup");
    fs.mkdirSync(groups + group, { recursive: true });
    fs.writeFileSync(`${groups}${group}/cgroup.procs`, `${child.pid}\n`);
    const fake = `#!/bin/sh
for unit; do :; done
case $unit in
up.service) printf 'MainPID=%s\\nLoadState=loaded\\nInvocationID=abc\\nActiveState=active\\n' ${child.pid};;
oneshot) printf 'MainPID=0\\nLoadState=loaded\\nActiveState=active\\nInvocationID=def\\n';;
dead) printf 'MainPID=0\\nLoadState=loaded\\nActiveState=failed\\nInvocationID=abc\\n';;
gone.service) printf 'LoadState=loaded\\nActiveState=active\\nSubState=running\\nType=simple\\nInvocationID=ghi\\nMainPID=4194304\\n';;
exited) printf 'LoadState=loaded\\nActiveState=active\\nSubState=exited\\nType=oneshot\\nInvocationID=jkl\\nMainPID=0\\n';;
headless) printf 'LoadState=loaded\\nActiveState=active\\nSubState=running\\nType=simple\\nInvocationID=mno\\nMainPID=0\\n';;
web.target) printf 'LoadState=loaded\\nActiveState=active\\nSubState=active\\nInvocationID=pqr\\n';;
forking) printf 'LoadState=loaded\\nActiveState=active\\nSubState=running\\nType=forking\\nInvocationID=stu\\nMainPID=0\\nControlGroup=${group}\\n';;
ran) printf 'LoadState=loaded\\nActiveState=inactive\\nSubState=dead\\nType=oneshot\\nResult=success\\nInvocationID=vwx\\nMainPID=0\\n';;
forgot) printf 'LoadState=loaded\\nActiveState=inactive\\nSubState=dead\\nType=oneshot\\nResult=success\\nInvocationID=\\nMainPID=0\\n';;
broke) printf 'LoadState=loaded\\nActiveState=failed\\nSubState=failed\\nType=oneshot\\nResult=exit-code\\nInvocationID=vwx\\nMainPID=0\\n';;
'backup@srv\\x2ddata') printf 'LoadState=loaded\\nActiveState=active\\nInvocationID=yz\\nMainPID=${child.pid}\\n';;
none) printf 'MainPID=0\\nLoadState=not-found\\nActiveState=inactive\\nInvocationID=\\n';;
*) echo 'Failed to connect to bus: No such file' >&2; exit 1;;
esac
`;
    fs.writeFileSync(path.join(bin, "systemctl"), fake, { mode: 0o755 });
    const host = await startPrivateHost(at.sandbox, [{ name: "one" }], {
      mounts: [`mount --bind ${groups} /sys/fs/cgroup`],
      config: [
        `SetEnv PATH=${bin}:/usr/bin:/bin LOCKED_ACTION_SANDBOX=${at.sandbox.dir}`,
      ],
    });
    const up = await see(host, "one", { unit: "up.service" });
    expect(up).to.include({
      kind: "seen",
      activeState: "active",
      invocationId: "abc",
    });
    expect(pids(up)).to.deep.equal([child.pid]);
    expect(await see(host, "one", { unit: "oneshot" })).to.deep.include({
      identities: [`${boot}/invocation/def`],
    });
    expect(await see(host, "one", { unit: "dead" })).to.deep.equal({
      kind: "seen",
      identities: [],
      ages: [],
      activeState: "failed",
    });
    // a command may bring it along
    expect(await see(host, "one", { unit: "none" })).to.deep.equal({
      kind: "seen",
      identities: [],
      ages: [],
      activeState: "inactive",
      loadState: "not-found",
    });
    const odd = { unit: "backup@srv\\x2ddata" };
    expect(pids(await see(host, "one", odd))).to.deep.equal([child.pid]);
    // an active unit whose main process has died is not up, whatever its invocation
    expect(await see(host, "one", { unit: "gone.service" })).to.deep.equal({
      ...{ kind: "seen", identities: [], ages: [], activeState: "active" },
      ...{ invocationId: "ghi", deadMain: 4_194_304 },
    });
    expect(await see(host, "one", { unit: "exited" })).to.deep.include({
      identities: [`${boot}/invocation/jkl`],
    });
    expect(await see(host, "one", { unit: "web.target" })).to.deep.include({
      identities: [`${boot}/invocation/pqr`],
    });
    expect(await see(host, "one", { unit: "headless" })).to.deep.include({
      identities: [],
    });
    const forking = await see(host, "one", { unit: "forking" });
    expect(pids(forking)).to.deep.equal([child.pid]);
    const ended = { kind: "seen", identities: [], ages: [] };
    expect(await see(host, "one", { unit: "ran" })).to.deep.equal({
      ...{ ...ended, activeState: "inactive" },
      ended: { result: "success", invocationId: "vwx" },
    });
    expect(await see(host, "one", { unit: "forgot" })).to.deep.equal({
      ...{ ...ended, activeState: "inactive", ended: { result: "success" } },
    });
    expect(await see(host, "one", { unit: "broke" })).to.deep.equal({
      ...{ ...ended, activeState: "failed" },
      ended: { result: "exit-code", invocationId: "vwx" },
    });
    expect(await see(host, "one", { unit: "x" })).to.deep.equal({
      kind: "unknown",
      reason: "systemctl: Failed to connect to bus: No such file",
    });
    child.kill();
  });
});
