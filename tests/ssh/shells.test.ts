import fs from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { createHostPool } from "../../core/ssh/pool";
import type { HostPool } from "../../core/ssh/types";
import { eventually } from "../support/eventually";
import { Sandbox } from "../support/sandbox";
import { comm, descendants, find } from "./machine";
import {
  startPrivateHost,
  whyNoPrivateHost,
  type PrivateHost,
} from "./private-host";

const SHELLS = ["dash", "bash", "zsh", "fish", "tcsh", "busybox"];

describe("a script under other shells and tools", () => {
  let sandbox: Sandbox;
  let host: PrivateHost;
  let pool: HostPool;
  const present = SHELLS.filter((name) => find(name));

  before(async function () {
    const why = whyNoPrivateHost();
    if (why) {
      console.log(`    skipped: ${why}`);
      return this.skip();
    }
    sandbox = await Sandbox.create();
    pool = createHostPool();
    const ash = path.join(sandbox.dir, "ash");
    if (find("busybox")) fs.symlinkSync(find("busybox")!, ash);
    host = await startPrivateHost(sandbox, [
      ...present.map((name) => ({
        name: `u-${name}`,
        shell: name === "busybox" ? ash : find(name)!,
      })),
      { name: "noisy", shell: find("bash")! },
      { name: "refused", shell: "/usr/sbin/nologin" },
    ]);
    fs.writeFileSync(
      path.join(host.dir, "home-noisy/.bashrc"),
      "echo Welcome; echo 'locked-action' ; printf 'no line break'; echo Motd >&2\n",
    );
  });
  after(async () => {
    pool?.close();
    await sandbox?.stop();
  });

  for (const shell of SHELLS)
    describe(`login shell ${shell}`, () => {
      before(function () {
        if (present.includes(shell)) return;
        console.log(`      skipped: ${shell} is not on this machine`);
        this.skip();
      });

      it("runs it all the same, ends it at its deadline, and when called off", async () => {
        const leased = await pool.lease(host.connection(`u-${shell}`));
        const result = await leased.run({
          body: `echo "$A"; cat; echo err >&2; exit 7`,
          environment: { A: `it's !! $HOME \\ "x"` },
          stdin: "in\n",
          timeout: 30,
        });
        expect(result).to.deep.equal({
          kind: "exit",
          code: 7,
          stdout: `it's !! $HOME \\ "x"\nin\n`,
          stderr: "err\n",
        });
        const late = leased.run({ body: "sleep 300", timeout: 1 });
        const stop = new AbortController();
        const begun = path.join(host.dir, `home-u-${shell}`, "begun");
        const running = leased.run(
          { body: `: >"${begun}"; sleep 300`, timeout: 60 },
          { signal: stop.signal },
        );
        await eventually("it has begun", () => fs.existsSync(begun));
        stop.abort();
        expect(await running).to.include({ kind: "signal", signal: "SIGTERM" });
        expect(await late).to.include({ kind: "timeout", seconds: 1 });
        leased.release();
      });
    });

  it("has no part in what the login shell prints, on either output", async () => {
    const leased = await pool.lease(host.connection("noisy"));
    const result = await leased.run({
      body: "echo a; echo b >&2",
      timeout: 30,
    });
    expect(result).to.deep.equal({
      kind: "exit",
      code: 0,
      stdout: "a\n",
      stderr: "b\n",
    });
    leased.release();
  });

  it("was never begun where the account has no shell, and what that says is told", async () => {
    const leased = await pool.lease(host.connection("refused"));
    const result = await leased.run({ body: "true", timeout: 30 });
    expect(result).to.deep.include({
      kind: "exit",
      code: 1,
      started: false,
      stdout: "This account is currently not available.\n",
    });
    leased.release();
  });

  describe("on a host", () => {
    const TOOLS = [
      "sh",
      "cat",
      "sleep",
      "id",
      "mkdir",
      "mkfifo",
      "mv",
      "rm",
      "base64",
    ];
    const hostWith = async (
      tools: Record<string, string>,
      mounts: string[] = [],
    ) => {
      const bin = fs.mkdtempSync(path.join(sandbox.dir, "bin-"));
      fs.chmodSync(bin, 0o755);
      for (const name of TOOLS)
        if (tools[name] !== "absent")
          fs.symlinkSync(tools[name] ?? find(name)!, path.join(bin, name));
      return startPrivateHost(sandbox, [{ name: "plain" }], {
        config: [`SetEnv PATH=${bin} LOCKED_ACTION_SANDBOX=${sandbox.dir}`],
        mounts,
      });
    };
    const ends = async (special: PrivateHost) => {
      const leased = await pool.lease(special.connection("plain"));
      expect(
        await leased.run({ body: "echo a; exit 3", timeout: 30 }),
      ).to.deep.equal({
        kind: "exit",
        code: 3,
        stdout: "a\n",
        stderr: "",
      });
      expect(
        (await leased.run({ body: "cat", stdin: "in", timeout: 30 })).stdout,
      ).to.equal("in");
      const pid = path.join(special.dir, "home-plain/pid");
      const stubborn = `trap '' TERM; sh -c 'echo $PPID' >${pid}; while :; do sleep 1; done`;
      const late = leased.run({ body: stubborn, timeout: 1 });
      const stop = new AbortController();
      const begun = path.join(special.dir, "home-plain/begun");
      const running = leased.run(
        { body: `: >${begun}; sleep 300`, timeout: 60 },
        { signal: stop.signal },
      );
      await eventually("it has begun", () => fs.existsSync(begun));
      stop.abort();
      expect(await running).to.include({ kind: "signal", signal: "SIGTERM" });
      expect(await late).to.include({ kind: "timeout", seconds: 1 });
      const number = fs.readFileSync(pid, "utf8").trim();
      await eventually(
        "it is gone",
        () => !fs.existsSync(`/proc/${number}/stat`),
      );
      leased.release();
      // nor does the watchdog stay
      await eventually("nothing of it is left", () => !sleeping(special));
    };
    const sleeping = ({ pid }: PrivateHost) =>
      descendants(pid).some((child) => comm(child) === "sleep");

    it("without any timeout of its own it is ended all the same", async () => {
      await ends(await hostWith({}));
    });

    it("with nothing but busybox it is, too", async function () {
      const busybox = find("busybox");
      if (!busybox) {
        console.log("        skipped: busybox is not on this machine");
        return this.skip();
      }
      const tools = Object.fromEntries(TOOLS.map((name) => [name, busybox]));
      const shell = `mount --bind ${busybox} /bin/sh`;
      await ends(await hostWith(tools, [shell]));
    });

    it("whose sh is bash it is, too, and a long script is read as well", async () => {
      const host = await hostWith({}, [`mount --bind ${find("bash")} /bin/sh`]);
      await ends(host);
      const leased = await pool.lease(host.connection("plain"));
      const body = `x='${"0123456789abcdef".repeat(32_768)}'\necho \${#x}; exit 4`;
      expect(await leased.run({ body, timeout: 30 })).to.deep.equal({
        kind: "exit",
        code: 4,
        stdout: "524288\n",
        stderr: "",
      });
      leased.release();
    });

    it("without base64 only stdin is missing, and it says so", async () => {
      const special = await hostWith({ base64: "absent" }, [
        `mount --bind /dev/null ${find("base64")}`,
      ]);
      const leased = await pool.lease(special.connection("plain"));
      const script = { body: "echo a", timeout: 30 };
      expect(await leased.run(script)).to.include({ stdout: "a\n" });
      expect(await leased.run({ ...script, stdin: "x" })).to.deep.equal({
        kind: "exit",
        code: 127,
        started: false,
        stdout: "",
        stderr: "locked-action: this host has no base64, which stdin needs\n",
      });
      leased.release();
    });
  });
});
