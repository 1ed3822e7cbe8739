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
    const fake = `#!/bin/sh
for unit; do :; done
case $unit in
up.service) printf 'MainPID=%s\\nLoadState=loaded\\nInvocationID=abc\\nActiveState=active\\n' ${child.pid};;
oneshot) printf 'MainPID=0\\nLoadState=loaded\\nActiveState=active\\nInvocationID=def\\n';;
dead) printf 'MainPID=0\\nLoadState=loaded\\nActiveState=failed\\nInvocationID=abc\\n';;
none) printf 'MainPID=0\\nLoadState=not-found\\nActiveState=inactive\\nInvocationID=\\n';;
*) echo 'Failed to connect to bus: No such file' >&2; exit 1;;
esac
`;
    fs.writeFileSync(path.join(bin, "systemctl"), fake, { mode: 0o755 });
    const host = await startPrivateHost(at.sandbox, [{ name: "one" }], {
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
    expect(await see(host, "one", { unit: "none" })).to.deep.equal({
      kind: "unknown",
      reason: "the unit none is not-found",
    });
    expect(await see(host, "one", { unit: "x" })).to.deep.equal({
      kind: "unknown",
      reason: "systemctl: Failed to connect to bus: No such file",
    });
    child.kill();
  });
});
