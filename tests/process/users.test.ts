import fs from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { startPrivateHost, type PrivateHost } from "../ssh/private-host";
import { lookingPrivately } from "./looking-privately";

describe("looking at the processes of other users", () => {
  const at = lookingPrivately();
  const { program, running, see, pids } = at;

  let host: PrivateHost;
  before(async () => {
    host = await startPrivateHost(at.sandbox, [
      { name: "one", sudo: "ALL=(ALL) NOPASSWD: ALL" },
      { name: "two" },
    ]);
  });

  it("sees their processes, and goes by the effective user", async () => {
    const { file, spec } = program();
    const child = at.sandbox.spawn("setpriv", [
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

  it("is not fooled by a program with the s-bit that another account has started", async () => {
    const { file, spec } = program();
    fs.chmodSync(file, 0o4755);
    const child = at.sandbox.spawn("setpriv", [
      ...["--reuid", "47002", "--regid", "47002", "--clear-groups"],
      ...[file, "300"],
    ]);
    await running(child.pid!, file);
    const status = fs.readFileSync(`/proc/${child.pid}/status`, "utf8");
    if (!/^Uid:\s+47002\s+0\s/m.test(status)) {
      console.log("      not shown: the s-bit has no effect here (nosuid)");
      child.kill();
      return;
    }
    expect(pids(await see(host, "one", spec))).to.deep.equal([child.pid]);
    for (const user of ["root", "0", "two"])
      expect(pids(await see(host, "one", { ...spec, user }))).to.deep.equal([]);
    process.kill(child.pid!);
  });

  it("does not count the sudo by which it looks", async () => {
    const seen = await see(
      host,
      "one",
      { commandString: "^sudo -n -- /bin/sh -s$", fullCmd: true },
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

  for (const level of ["1", "2"])
    it(`that hide processes (hidepid=${level}) tells so, unless it looks for its own or as root`, async function () {
      let host: PrivateHost;
      try {
        host = await startPrivateHost(
          at.sandbox,
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
      const child = at.sandbox.spawn(file, ["300"]);
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
});
