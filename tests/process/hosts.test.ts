import fs from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { compare } from "../../core/process/compare";
import { eventually } from "../support/eventually";
import { find } from "../ssh/machine";
import { startPrivateHost, type PrivateHost } from "../ssh/private-host";
import { lookingPrivately } from "./looking-privately";

describe("looking at processes on hosts of other kinds", () => {
  const at = lookingPrivately();
  const { program, running, see, pids } = at;

  it("drops what runs in containers", async () => {
    const { file, spec } = program();
    const host = await startPrivateHost(at.sandbox, [{ name: "one" }]);
    const inner = at.sandbox.spawn("unshare", [
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
    const dir = fs.mkdtempSync(path.join(at.sandbox.dir, "reuse-"));
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
      host = await startPrivateHost(at.sandbox, [{ name: "one" }], {
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

  it("sees the same with an awk that cannot read a NUL", async () => {
    const bin = fs.mkdtempSync(path.join(at.sandbox.dir, "bin-"));
    fs.chmodSync(bin, 0o755);
    // one argument more, by which its own command line is not the one that it looks for
    const awk = `#!/bin/sh\nexec ${find("mawk") ?? find("gawk")} "$@" /dev/null\n`;
    fs.writeFileSync(path.join(bin, "awk"), awk, { mode: 0o755 });
    const tr = `#!/bin/sh\necho >>${bin}/reads; exec ${find("tr")} "$@"\n`;
    fs.writeFileSync(path.join(bin, "tr"), tr, { mode: 0o755 });
    fs.writeFileSync(path.join(bin, "reads"), "", { mode: 0o666 });
    fs.chmodSync(path.join(bin, "reads"), 0o666);
    const host = await startPrivateHost(at.sandbox, [{ name: "one" }], {
      config: [
        `SetEnv PATH=${bin}:/usr/bin:/bin LOCKED_ACTION_SANDBOX=${at.sandbox.dir}`,
      ],
    });
    const { file } = program();
    const child = at.sandbox.spawn(file, ["300"]);
    await running(child.pid!, file);
    const spec = { commandString: `^${file} 300$`, fullCmd: true };
    expect(pids(await see(host, "one", spec))).to.deep.equal([child.pid]);
    expect(fs.readFileSync(path.join(bin, "reads"), "utf8")).to.not.equal("");
    child.kill();
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
      const bin = fs.mkdtempSync(path.join(at.sandbox.dir, "bin-"));
      fs.chmodSync(bin, 0o755);
      for (const [tool, target] of Object.entries(tools))
        fs.symlinkSync(find(target)!, path.join(bin, tool));
      const host = await startPrivateHost(at.sandbox, [{ name: "one" }], {
        config: [
          `SetEnv PATH=${bin}:/usr/bin:/bin LOCKED_ACTION_SANDBOX=${at.sandbox.dir}`,
        ],
        mounts:
          name === "busybox"
            ? [`mount --bind ${find("busybox")!} ${fs.realpathSync("/bin/sh")}`]
            : [],
      });
      const hostile = path.join(at.sandbox.dir, `) R 1\n) x (${tools.awk[0]}`);
      fs.copyFileSync(fs.realpathSync("/bin/sleep"), hostile);
      const one = at.sandbox.spawn(hostile, ["300"]);
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
});
