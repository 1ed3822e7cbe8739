import { execFileSync, type ChildProcess } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { compare } from "../../core/process/compare";
import { look } from "../../core/process/look";
import type { ProcessSpec, Sighting } from "../../core/process/types";
import { createHostPool } from "../../core/ssh/pool";
import type { HostPool, RemoteHost } from "../../core/ssh/types";
import { eventually } from "../support/eventually";
import { startHosts, type Fleet } from "../support/hosts";
import { Sandbox } from "../support/sandbox";
import { connect } from "../ssh/connect";

describe("looking at the processes of a host", () => {
  let sandbox: Sandbox;
  let fleet: Fleet;
  let pool: HostPool;
  let host: RemoteHost;
  let count = 0;

  before(async () => {
    sandbox = await Sandbox.create();
    fleet = await startHosts(sandbox, ["web1"]);
    pool = createHostPool();
    host = await pool.lease(connect(fleet.connection("web1")));
  });
  after(async () => {
    host.release();
    pool.close();
    await sandbox.stop();
  });

  const see = (spec: ProcessSpec) => look(host, spec, { timeout: 30 });
  const seen = async (spec: ProcessSpec) => {
    const sighting = await see(spec);
    if (sighting.kind !== "seen") throw new Error(sighting.reason);
    return sighting;
  };
  const pids = (sighting: Sighting) =>
    sighting.kind === "seen"
      ? sighting.identities
          .map((id) => Number(id.split("/")[1]))
          .sort((a, b) => a - b)
      : [];
  /** A name that no other process has: a copy of `sleep` to be run. */
  const program = (name = `la${process.pid}x${count++}`) => {
    const file = path.join(sandbox.dir, name);
    if (!fs.existsSync(file))
      fs.copyFileSync(fs.realpathSync("/bin/sleep"), file);
    return { name, file, spec: { commandString: `^${name.slice(0, 15)}$` } };
  };
  const daemon = async (file: string, args = ["300"]) => {
    const child = sandbox.spawn(file, args, { stdio: "ignore" });
    await eventually("it has its own name", () =>
      fs.readFileSync(`/proc/${child.pid}/cmdline`, "utf8").startsWith(file),
    );
    return child;
  };
  const end = async (child: ChildProcess) => {
    const gone = new Promise((done) => child.once("exit", done));
    child.kill("SIGKILL");
    await gone;
  };

  it("sees the same process as the same, and a restarted one as another, within the same second", async () => {
    const { file, spec } = program();
    expect(pids(await seen(spec))).to.deep.equal([]);
    const one = await daemon(file);
    const before = await seen(spec);
    expect(pids(before)).to.deep.equal([one.pid]);
    expect(before.identities[0]).to.match(/^[0-9a-f-]{36}\/\d+\/\d+$/);
    expect(compare(before, await seen(spec))).to.equal("same");
    await end(one);
    expect(compare(before, await seen(spec))).to.equal("down");
    const two = await daemon(file);
    const after = await seen(spec);
    expect(pids(after)).to.deep.equal([two.pid]);
    expect(compare(before, after)).to.equal("restarted");
    await end(two);
  });

  it("asks no clock: the identity is boot id, pid and start tick as /proc has them", async () => {
    const { file, spec } = program();
    const child = await daemon(file);
    const stat = fs.readFileSync(`/proc/${child.pid}/stat`, "utf8");
    const start = stat.slice(stat.lastIndexOf(") ") + 2).split(" ")[19];
    const boot = fs
      .readFileSync("/proc/sys/kernel/random/boot_id", "utf8")
      .trim();
    const sighting = await seen(spec);
    expect(sighting.identities).to.deep.equal([
      `${boot}/${child.pid}/${start}`,
    ]);
    expect(sighting.ages[0]).to.be.within(0, 300);
    await end(child);
  });

  it("never matches itself, by name or by command line", async () => {
    const unlikely = `never${process.pid}running`;
    expect(
      pids(await seen({ commandString: unlikely, fullCmd: true })),
    ).to.deep.equal([]);
    // a deadline that nobody else has
    const spec = { commandString: "timeout -k 2 4321 ", fullCmd: true };
    const sighting = await look(host, spec, { timeout: 4321 });
    expect(sighting).to.deep.include({ kind: "seen", identities: [] });
  });

  it("matches the name as pgrep does, which is cut at 15 characters", async () => {
    const { file, name } = program(`la${process.pid}averyveryverylongname`);
    const child = await daemon(file);
    expect(
      pids(await seen({ commandString: `^${name.slice(0, 15)}$` })),
    ).to.deep.equal([child.pid]);
    expect(pids(await seen({ commandString: name }))).to.deep.equal([]);
    expect(
      pids(await seen({ commandString: name, fullCmd: true })),
    ).to.deep.equal([child.pid]);
    await end(child);
  });

  it("matches the whole command line, with blanks, quotes, line breaks and UTF-8 in it", async () => {
    const { file, name } = program();
    const script = path.join(sandbox.dir, `${name}.sh`);
    fs.writeFileSync(script, "while :; do sleep 300 & wait; done\n");
    const child = sandbox.spawn("sh", [
      script,
      "it's",
      'a "b"',
      "two\nlines",
      "naïve$",
      "",
    ]);
    const full = (commandString: string) =>
      seen({ commandString, fullCmd: true });
    await eventually("it runs", () =>
      fs.readFileSync(`/proc/${child.pid}/cmdline`, "utf8").includes("naïve"),
    );
    expect(
      pids(await full(`^sh ${script} it's a "b" two lines naïve\\$$`)),
    ).to.deep.equal([child.pid]);
    expect(pids(await full(`${name}\\.sh it's`))).to.deep.equal([child.pid]);
    expect(pids(await full(`${name}\\.sh it's$`))).to.deep.equal([]);
    await end(child);
    void file;
  });

  it("is not fooled by a name made of brackets, blanks and line breaks", async () => {
    const hostile = path.join(sandbox.dir, ") R 1\n) x (");
    fs.copyFileSync(fs.realpathSync("/bin/sleep"), hostile);
    const child = await daemon(hostile);
    const sighting = await seen({ commandString: "^\\) R 1 \\) x \\($" });
    expect(pids(sighting)).to.deep.equal([child.pid]);
    const stat = fs.readFileSync(`/proc/${child.pid}/stat`, "utf8");
    const start = stat.slice(stat.lastIndexOf(") ") + 2).split(" ")[19];
    expect(sighting.identities[0]!.split("/")[2]).to.equal(start);
    await end(child);
  });

  it("is not fooled by a title that looks like another process's entry", async () => {
    const { file, name, spec } = program();
    const victim = await daemon(file);
    const forged = `x\n==> /proc/${victim.pid}/cmdline <==\nforged${name}`;
    const liar = sandbox.spawn("sh", [
      "-c",
      "while :; do sleep 300 & wait; done",
      forged,
    ]);
    await eventually("it runs", () =>
      fs.readFileSync(`/proc/${liar.pid}/cmdline`, "utf8").includes("forged"),
    );
    expect(
      pids(await seen({ commandString: `forged${name}`, fullCmd: true })),
    ).to.deep.equal([liar.pid]);
    expect(pids(await seen(spec))).to.deep.equal([victim.pid]);
    await end(liar);
    await end(victim);
  });

  it("does not take a zombie for a process", async () => {
    const { file, spec } = program();
    const parent = sandbox.spawn(
      "sh",
      ["-c", `"${file}" 300 & echo $!; exec sleep 300`],
      { stdio: ["ignore", "pipe", "ignore"] },
    );
    const child = await new Promise<number>((done) =>
      parent.stdout!.once("data", (data: Buffer) =>
        done(Number(data.toString())),
      ),
    );
    await eventually("it runs", async () => pids(await see(spec)).length === 1);
    process.kill(child, "SIGKILL");
    await eventually("it is a zombie", () =>
      / Z /.test(fs.readFileSync(`/proc/${child}/stat`, "utf8")),
    );
    expect(pids(await seen(spec))).to.deep.equal([]);
    await end(parent);
  });

  it("counts the roots: a worker whose parent matches is none", async () => {
    const { file, spec } = program();
    const shell = path.join(sandbox.dir, "forker");
    fs.mkdirSync(shell);
    const named = path.join(shell, path.basename(file));
    fs.copyFileSync(fs.realpathSync("/bin/sh"), named);
    const parent = sandbox.spawn(named, [
      "-c",
      `"${file}" 300 & "${file}" 300 & wait`,
    ]);
    await eventually(
      "the workers run",
      () =>
        fs
          .readFileSync(
            `/proc/${parent.pid}/task/${parent.pid}/children`,
            "utf8",
          )
          .trim()
          .split(" ").length === 2,
    );
    expect(pids(await seen(spec))).to.deep.equal([parent.pid]);
    const alone = await daemon(file);
    const [older, newer] = [parent.pid!, alone.pid!];
    expect(pids(await seen(spec))).to.have.members([older, newer]);
    expect(pids(await seen({ ...spec, which: "newest" }))).to.deep.equal([
      newer,
    ]);
    expect(pids(await seen({ ...spec, which: "oldest" }))).to.deep.equal([
      older,
    ]);
    await end(alone);
    for (const worker of fs
      .readFileSync(`/proc/${older}/task/${older}/children`, "utf8")
      .trim()
      .split(" "))
      process.kill(Number(worker));
    await new Promise((done) => parent.once("exit", done));
  });

  it("sees a thousand processes, and one among them", async () => {
    const { file, spec, name } = program();
    const many = sandbox.spawn("sh", [
      "-c",
      `i=0; while [ $i -lt 1000 ]; do "${file}" 300 & i=$((i+1)); done; wait`,
      `many${name}`,
    ]);
    await eventually(
      "they run",
      () =>
        Number(
          execFileSync("pgrep", ["-c", "-x", name], { encoding: "utf8" }),
        ) === 1000,
      { within: 30_000 },
    );
    expect((await seen(spec)).identities).to.have.length(1000);
    expect(
      pids(await seen({ commandString: `many${name}`, fullCmd: true })),
    ).to.deep.equal([many.pid]);
    const children = `/proc/${many.pid}/task/${many.pid}/children`;
    for (const child of fs.readFileSync(children, "utf8").trim().split(" "))
      process.kill(Number(child), "SIGKILL");
    await new Promise((done) => many.once("exit", done));
  });

  it("answers unknown when it is cut off, was not allowed, or took too long", async () => {
    const stop = AbortSignal.abort();
    expect(
      await look(host, { commandString: "x" }, { timeout: 9, signal: stop }),
    ).to.deep.equal({
      kind: "unknown",
      reason: "it was called off before it began",
    });
    const dead = await pool.lease(
      connect({
        ...fleet.connection("web1"),
        password: "makes it another one",
      }),
    );
    pool.close();
    expect(
      await look(dead, { commandString: "x" }, { timeout: 9 }),
    ).to.deep.equal({
      kind: "unknown",
      reason: "the connection was closed by us",
    });
    pool = createHostPool();
    host = await pool.lease(connect(fleet.connection("web1")));
  });

  describe("by user", () => {
    it("takes a name or a number, and names one that is none", async () => {
      const { file, spec } = program();
      const child = await daemon(file);
      const name = execFileSync("id", ["-un"], { encoding: "utf8" }).trim();
      for (const user of [name, `${process.getuid!()}`])
        expect(pids(await seen({ ...spec, user }))).to.deep.equal([child.pid]);
      expect(pids(await seen({ ...spec, user: "54321" }))).to.deep.equal([]);
      expect(await see({ ...spec, user: "no-such-user" })).to.deep.equal({
        kind: "unknown",
        reason: "the host has no user no-such-user",
      });
      // all of the user's processes: the roots are those of other users' children
      expect(pids(await seen({ user: name }))).to.not.be.empty;
      await end(child);
    });
  });

  describe("by pid file", () => {
    const pidFile = (text: string) => {
      const file = path.join(sandbox.dir, `pid ${count++}'s`);
      fs.writeFileSync(file, text);
      return { pidFile: file };
    };

    it("sees the process in it, and none where there is no file or process", async () => {
      const { file } = program();
      const child = await daemon(file);
      expect(pids(await seen(pidFile(` ${child.pid} \n`)))).to.deep.equal([
        child.pid,
      ]);
      expect(pids(await seen(pidFile(`${child.pid}`)))).to.deep.equal([
        child.pid,
      ]);
      await end(child);
      expect(pids(await seen(pidFile(`${child.pid}\n`)))).to.deep.equal([]);
      expect(
        pids(await seen({ pidFile: path.join(sandbox.dir, "none") })),
      ).to.deep.equal([]);
      expect(
        pids(await seen({ pidFile: "/no/such/directory/at/all" })),
      ).to.deep.equal([]);
    });

    it("answers unknown when it cannot be read or holds no number", async () => {
      for (const text of ["", "x\n", "-1\n", "12 34x\n", "99999999999\n"])
        expect(await see(pidFile(text)), text).to.deep.equal({
          kind: "unknown",
          reason: "the pid file does not hold a number",
        });
      expect(await see({ pidFile: sandbox.dir })).to.deep.equal({
        kind: "unknown",
        reason: "the pid file cannot be read",
      });
    });
  });
});
