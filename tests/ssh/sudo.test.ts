import fs from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { createHostPool } from "../../core/ssh/pool";
import type { HostPool, RemoteHost } from "../../core/ssh/types";
import { eventually } from "../support/eventually";
import { Sandbox } from "../support/sandbox";
import {
  startPrivateHost,
  whyNoPrivateHost,
  type PrivateHost,
} from "./private-host";

const PASSWORD = "correct horse $x 'y'";

for (const defaults of ["Defaults !use_pty", "Defaults use_pty"])
  describe(`a script by sudo, with "${defaults}"`, () => {
    let sandbox: Sandbox;
    let host: PrivateHost;
    let pool: HostPool;
    const leases: RemoteHost[] = [];

    before(async function () {
      const why = fs.existsSync("/usr/bin/sudo")
        ? whyNoPrivateHost()
        : "sudo is not on this machine";
      if (why) {
        console.log(`    skipped: ${why}`);
        return this.skip();
      }
      sandbox = await Sandbox.create();
      host = await startPrivateHost(
        sandbox,
        [
          { name: "free", sudo: "ALL=(ALL) NOPASSWD: ALL" },
          { name: "asked", sudo: "ALL=(ALL) ALL", password: PASSWORD },
          { name: "nobody-here" },
        ],
        { defaults },
      );
      pool = createHostPool();
    });
    after(async () => {
      for (const lease of leases) lease.release();
      pool?.close();
      await sandbox?.stop();
    });

    const as = async (account: string) => {
      const lease = await pool.lease(host.connection(account));
      leases.push(lease);
      return lease;
    };
    const script = { body: "id -un; cat", stdin: "in\n", timeout: 30 };

    it("runs as root, or as another user, where no password is asked", async () => {
      const free = await as("free");
      expect(await free.run({ ...script, sudo: true })).to.deep.equal({
        kind: "exit",
        code: 0,
        stdout: "root\nin\n",
        stderr: "",
      });
      const other = await free.run({ ...script, sudo: "asked" });
      expect(other).to.include({ stdout: "asked\nin\n" });
      expect(await free.run({ ...script, sudo: "#47003" })).to.include({
        stdout: "nobody-here\nin\n",
      });
    });

    it("runs with a password, and does not mind one that nobody asks for", async () => {
      for (const account of ["asked", "free"]) {
        const result = await (
          await as(account)
        ).run({
          ...script,
          sudo: true,
          sudoPassword: PASSWORD,
        });
        expect(result, account).to.deep.equal({
          kind: "exit",
          code: 0,
          stdout: "root\nin\n",
          stderr: "",
        });
      }
    });

    it("never has the password in an argument or an environment", async () => {
      const result = await (
        await as("asked")
      ).run({
        body: "for d in /proc/[0-9]*; do tr '\\0' ' ' <$d/cmdline; tr '\\0' ' ' <$d/environ; done 2>/dev/null | grep -c '[c]orrect horse'",
        timeout: 30,
        sudo: true,
        sudoPassword: PASSWORD,
      });
      expect(result.stdout).to.equal("0\n");
    });

    it("has not begun when the password is wrong, is wanted, or the user may not", async () => {
      const wrong = await (
        await as("asked")
      ).run({
        ...script,
        sudo: true,
        sudoPassword: "hunter2",
      });
      expect(wrong).to.include({ kind: "exit", code: 1, started: false });
      expect(wrong.stderr).to.match(/try again/);
      expect(wrong.stderr).to.not.contain("hunter2");
      const wanted = await (await as("asked")).run({ ...script, sudo: true });
      expect(wanted).to.include({ kind: "exit", code: 1, started: false });
      expect(wanted.stderr).to.equal("sudo: a password is required\n");
      const unknown = await (
        await as("free")
      ).run({ ...script, sudo: "no-such-user" });
      expect(unknown).to.include({ kind: "exit", code: 1, started: false });
      expect(unknown.stderr).to.match(/unknown user/);
    });

    for (const account of ["free", "asked"])
      it(`is ended on the host and when called off, as root too (${account})`, async () => {
        const rights =
          account === "asked"
            ? { sudo: true, sudoPassword: PASSWORD }
            : { sudo: true };
        const leased = await as(account);
        const late = leased.run({
          body: "sleep 300",
          timeout: 1,
          ...rights,
        });
        const file = path.join(host.dir, `home-${account}`, "pid");
        fs.rmSync(file, { force: true });
        const stop = new AbortController();
        const running = leased.run(
          {
            body: `sleep 300 & echo $! >${file}.new; mv ${file}.new ${file}; wait`,
            timeout: 60,
            ...rights,
          },
          { signal: stop.signal },
        );
        await eventually("it has begun", () => fs.existsSync(file));
        const pid = fs.readFileSync(file, "utf8").trim();
        stop.abort();
        const result = await running;
        expect(["signal", "exit"]).to.include(result.kind);
        if (result.kind === "exit") expect(result.code).to.equal(143);
        expect(await late).to.include({ kind: "timeout", seconds: 1 });
        await eventually(
          "it is gone",
          () => !fs.existsSync(`/proc/${pid}/stat`),
        );
      });
  });

describe("logging in by password", () => {
  let sandbox: Sandbox;
  let pool: HostPool;

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

  const accounts = [{ name: "asked", password: PASSWORD }];
  const login = async (host: PrivateHost, password: string) => {
    const options = host.connection("asked");
    delete options.privateKey;
    const lease = await pool.lease({
      ...options,
      password,
      agentSocketPath: "",
    });
    const result = await lease.run({ body: "id -un", timeout: 30 });
    lease.release();
    return result.stdout;
  };
  const failure = async (host: PrivateHost) => {
    const error = await login(host, "hunter2").catch((e: unknown) => e);
    return (error as Error).message;
  };

  it("works, and a wrong one is tried once", async () => {
    const host = await startPrivateHost(sandbox, accounts, {
      config: ["PasswordAuthentication yes"],
    });
    expect(await login(host, PASSWORD)).to.equal("asked\n");
    expect(await failure(host)).to.match(
      /the host does not let asked in: tried password, keyboard-interactive; it offers publickey,? ?password$/,
    );
  });

  it("works where the host asks for it interactively", async function () {
    if (!fs.existsSync("/etc/pam.d/sshd")) {
      console.log("      skipped: sshd has no PAM configuration here");
      return this.skip();
    }
    const host = await startPrivateHost(sandbox, accounts, {
      config: ["UsePAM yes", "KbdInteractiveAuthentication yes"],
    });
    expect(await login(host, PASSWORD)).to.equal("asked\n");
    expect(await failure(host)).to.match(
      /it offers publickey, keyboard-interactive$/,
    );
  });

  it("works after the key, where the host wants both", async () => {
    const host = await startPrivateHost(sandbox, accounts, {
      config: [
        "PasswordAuthentication yes",
        "AuthenticationMethods publickey,password",
      ],
    });
    const lease = await pool.lease({
      ...host.connection("asked"),
      password: PASSWORD,
    });
    expect((await lease.run({ body: "id -un", timeout: 30 })).stdout).to.equal(
      "asked\n",
    );
    lease.release();
  });
});
