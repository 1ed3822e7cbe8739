import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { compare } from "../../core/process/compare";
import { look } from "../../core/process/look";
import { matchProgram } from "../../core/process/look-program";
import type { ProcessSpec, Sighting } from "../../core/process/types";
import { createHostPool } from "../../core/ssh/pool";
import type { HostPool } from "../../core/ssh/types";
import { eventually } from "../support/eventually";
import { Sandbox } from "../support/sandbox";
import {
  startPrivateHost,
  whyNoPrivateHost,
  type PrivateHost,
} from "../ssh/private-host";

/** Where a program is; null if it is not on this machine. */
function find(name: string): string | null {
  try {
    return fs.realpathSync(
      execFileSync("sh", ["-c", `command -v ${name}`])
        .toString()
        .trim(),
    );
  } catch {
    return null;
  }
}

describe("looking at processes on hosts of other kinds", () => {
  let sandbox: Sandbox;
  let pool: HostPool;
  let count = 0;

  before(async function () {
    const why = whyNoPrivateHost();
    if (why) {
      console.log(`    skipped: ${why}`);
      return this.skip();
    }
    sandbox = await Sandbox.create();
    pool = createHostPool();
  });
  after(async () => {
    pool?.close();
    await sandbox?.stop();
  });

  const program = () => {
    const name = `lb${process.pid}x${count++}`;
    const file = path.join(sandbox.dir, name);
    fs.copyFileSync(fs.realpathSync("/bin/sleep"), file);
    return { file, spec: { commandString: `^${name}$` } };
  };
  const running = (pid: number, file: string) =>
    eventually("it runs", () =>
      fs.readFileSync(`/proc/${pid}/cmdline`, "utf8").startsWith(file),
    );
  const see = async (
    host: PrivateHost,
    account: string,
    spec: ProcessSpec,
    sudo?: boolean,
  ) => {
    const lease = await pool.lease(host.connection(account));
    const sighting = await look(lease, spec, {
      timeout: 30,
      ...(sudo ? { sudo } : {}),
    });
    lease.release();
    return sighting;
  };
  const pids = (sighting: Sighting) => {
    if (sighting.kind !== "seen") throw new Error(sighting.reason);
    return sighting.identities.map((id) => Number(id.split("/")[1]));
  };

  it("asks neither a clock nor the uptime", () => {
    const text = matchProgram({ commandString: "x" }, "/proc/");
    expect(text).to.not.match(/\bdate\b|uptime|btime|lstart|\bps\b|pgrep/);
  });

  describe("with other users", () => {
    let host: PrivateHost;
    before(async () => {
      host = await startPrivateHost(sandbox, [
        { name: "one", sudo: "ALL=(ALL) NOPASSWD: ALL" },
        { name: "two" },
      ]);
    });

    it("sees their processes, and goes by the effective user", async () => {
      const { file, spec } = program();
      const child = sandbox.spawn("setpriv", [
        "--reuid",
        "47002",
        "--regid",
        "47002",
        "--clear-groups",
        file,
        "300",
      ]);
      await running(child.pid!, file);
      for (const user of [undefined, "two", "47002"])
        expect(
          pids(await see(host, "one", { ...spec, ...(user ? { user } : {}) })),
        ).to.deep.equal([child.pid]);
      expect(
        pids(await see(host, "one", { ...spec, user: "one" })),
      ).to.deep.equal([]);
      expect(
        pids(await see(host, "one", { ...spec, user: "one" }, true)),
      ).to.deep.equal([]);
      child.kill();
    });

    it("does not count the sudo by which it looks", async () => {
      const seen = await see(
        host,
        "one",
        { commandString: "sudo -n -- timeout -k 2 30", fullCmd: true },
        true,
      );
      expect(pids(seen)).to.deep.equal([]);
    });

    it("cannot tell what a directory that it may not enter holds, as root it can", async () => {
      const closed = path.join(host.dir, "closed");
      fs.mkdirSync(closed, { mode: 0o700 });
      const pidFile = path.join(closed, "deeper/x.pid");
      expect(await see(host, "one", { pidFile })).to.deep.equal({
        kind: "unknown",
        reason: "the directory of the pid file cannot be entered",
      });
      expect(pids(await see(host, "one", { pidFile }, true))).to.deep.equal([]);
      const secret = path.join(host.dir, "secret.pid");
      fs.writeFileSync(secret, "1\n", { mode: 0o600 });
      expect(await see(host, "one", { pidFile: secret })).to.deep.equal({
        kind: "unknown",
        reason: "the pid file cannot be read",
      });
      expect(
        pids(await see(host, "one", { pidFile: secret }, true)),
      ).to.deep.equal([1]);
    });
  });

  for (const level of ["1", "2"])
    it(`that hide processes (hidepid=${level}) tells so, unless it looks for its own or as root`, async function () {
      let host: PrivateHost;
      try {
        host = await startPrivateHost(
          sandbox,
          [{ name: "one", sudo: "ALL=(ALL) NOPASSWD: ALL" }],
          {
            mounts: [`mount -t proc -o hidepid=${level} proc /proc`],
          },
        );
      } catch (error) {
        console.log(
          `      skipped: /proc cannot be mounted here: ${(error as Error).message}`,
        );
        return this.skip();
      }
      const { file, spec } = program();
      const child = sandbox.spawn(file, ["300"]);
      await running(child.pid!, file);
      const hidden = {
        kind: "unknown",
        reason:
          "the processes of other users are hidden from this one (hidepid): use sudo",
      };
      expect(await see(host, "one", spec)).to.deep.equal(hidden);
      expect(await see(host, "one", { ...spec, user: "root" })).to.deep.equal(
        hidden,
      );
      const pidFile = path.join(host.dir, "daemon.pid");
      fs.writeFileSync(pidFile, `${child.pid}\n`);
      expect(await see(host, "one", { pidFile })).to.deep.equal(hidden);
      expect(
        pids(await see(host, "one", { ...spec, user: "one" })),
      ).to.deep.equal([]);
      expect(pids(await see(host, "one", spec, true))).to.deep.equal([
        child.pid,
      ]);
      child.kill();
    });

  it("drops what runs in containers", async () => {
    const { file, spec } = program();
    const host = await startPrivateHost(sandbox, [{ name: "one" }]);
    const inner = sandbox.spawn("unshare", [
      "-p",
      "-f",
      "--mount-proc",
      file,
      "300",
    ]);
    const child = await eventually("the container runs", () =>
      Number(
        fs
          .readFileSync(`/proc/${inner.pid}/task/${inner.pid}/children`, "utf8")
          .trim(),
      ),
    );
    await running(child, file);
    expect(pids(await see(host, "one", spec))).to.deep.equal([]);
    process.kill(child, "SIGKILL");
  });

  it("tells a pid that was used again from the first", async function () {
    const { file, spec } = program();
    const dir = fs.mkdtempSync(path.join(sandbox.dir, "reuse-"));
    // the commands of this test come by files: the sshd and the processes share a PID namespace of their own
    const script = `
      mkdir ${dir}/up
      (while :; do
        for n in 1 2; do
          [ -e ${dir}/start$n ] || continue
          rm ${dir}/start$n
          echo 4999 >/proc/sys/kernel/ns_last_pid; "${file}" 300 & echo $! >${dir}/pid$n.new
          mv ${dir}/pid$n.new ${dir}/pid$n
        done
        [ -e ${dir}/kill1 ] && { rm ${dir}/kill1; kill -9 5000; wait 5000 || true; touch ${dir}/killed; }
        sleep 0.05
      done) >/dev/null 2>&1 &`;
    const command = (name: string) =>
      fs.writeFileSync(path.join(dir, name), "");
    const answer = (name: string) =>
      eventually(
        `${name} is there`,
        () =>
          fs.existsSync(path.join(dir, name)) &&
          fs.readFileSync(path.join(dir, name), "utf8").trim().concat(" "),
      );
    let host: PrivateHost;
    try {
      host = await startPrivateHost(sandbox, [{ name: "one" }], {
        mounts: [script],
        pidNamespace: true,
      });
    } catch (error) {
      console.log(
        `      skipped: no PID namespace here: ${(error as Error).message}`,
      );
      return this.skip();
    }
    command("start1");
    if ((await answer("pid1")) !== "5000 ") {
      console.log("      skipped: pids cannot be chosen here (ns_last_pid)");
      return this.skip();
    }
    const before = await see(host, "one", spec);
    expect(pids(before)).to.deep.equal([5000]);
    command("kill1");
    await answer("killed");
    if (before.kind !== "seen") throw new Error("not seen");
    expect(compare(before, await see(host, "one", spec))).to.equal("down");
    command("start2");
    await answer("pid2");
    const after = await see(host, "one", spec);
    expect(pids(after)).to.deep.equal([5000]);
    expect(compare(before, after)).to.equal("restarted");
  });

  for (const [name, tools] of Object.entries({
    mawk: { awk: "mawk" },
    gawk: { awk: "gawk" },
    busybox: {
      awk: "busybox",
      tail: "busybox",
      tr: "busybox",
      id: "busybox",
      head: "busybox",
      cat: "busybox",
      sh: "busybox",
    },
  }))
    it(`sees the same with ${name}'s tools`, async function () {
      const missing = Object.values(tools).find((tool) => !find(tool));
      if (missing) {
        console.log(`      skipped: ${missing} is not on this machine`);
        return this.skip();
      }
      const bin = fs.mkdtempSync(path.join(sandbox.dir, "bin-"));
      fs.chmodSync(bin, 0o755);
      for (const [tool, target] of Object.entries(tools))
        fs.symlinkSync(find(target)!, path.join(bin, tool));
      const host = await startPrivateHost(sandbox, [{ name: "one" }], {
        config: [
          `SetEnv PATH=${bin}:/usr/bin:/bin LOCKED_ACTION_SANDBOX=${sandbox.dir}`,
        ],
        mounts:
          name === "busybox"
            ? [`mount --bind ${find("busybox")!} ${fs.realpathSync("/bin/sh")}`]
            : [],
      });
      const hostile = path.join(sandbox.dir, `) R 1\n) x (${count++}`);
      fs.copyFileSync(fs.realpathSync("/bin/sleep"), hostile);
      const one = sandbox.spawn(hostile, ["300"]);
      await running(one.pid!, hostile);
      const pattern = hostile
        .slice(-12)
        .replace("\n", " ")
        .replace(/[()]/g, "\\$&");
      expect(
        pids(
          await see(host, "one", {
            commandString: `${pattern} 300$`,
            fullCmd: true,
            user: "root",
          }),
        ),
      ).to.deep.equal([one.pid]);
      expect(
        pids(await see(host, "one", { commandString: pattern.slice(0, 12) })),
      ).to.include(one.pid);
      expect(
        pids(
          await see(host, "one", {
            commandString: "^nothing[[:digit:]]+like|this$",
          }),
        ),
      ).to.deep.equal([]);
      expect(await see(host, "one", { user: "nobody-here" })).to.include({
        reason: "the host has no user nobody-here",
      });
      one.kill();
    });

  describe("with systemd", () => {
    const boot = fs
      .readFileSync("/proc/sys/kernel/random/boot_id", "utf8")
      .trim();

    it("tells a host without it", async function () {
      if (fs.existsSync("/run/systemd/system")) {
        console.log("      skipped: systemd runs here");
        return this.skip();
      }
      const host = await startPrivateHost(sandbox, [{ name: "one" }], {
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
      const bin = fs.mkdtempSync(path.join(sandbox.dir, "bin-"));
      fs.chmodSync(bin, 0o755);
      const { file } = program();
      const child = sandbox.spawn(file, ["300"]);
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
      const host = await startPrivateHost(sandbox, [{ name: "one" }], {
        config: [
          `SetEnv PATH=${bin}:/usr/bin:/bin LOCKED_ACTION_SANDBOX=${sandbox.dir}`,
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
});
