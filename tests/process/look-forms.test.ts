import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { eventually } from "../support/eventually";
import { looking } from "./looking";

describe("looking at the processes of a host", () => {
  const at = looking();
  let count = 0;
  const { see, seen, pids, program, daemon, end } = at;

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
      const file = path.join(at.sandbox.dir, `pid ${count++}'s`);
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
        pids(await seen({ pidFile: path.join(at.sandbox.dir, "none") })),
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
      const { pidFile: link } = pidFile("");
      fs.rmSync(link);
      fs.symlinkSync("/nowhere/to/be/found", link);
      expect(await see({ pidFile: link })).to.deep.equal({
        kind: "unknown",
        reason: "the pid file cannot be read",
      });
    });

    it("opens nothing but a regular file, and reads no more than its beginning", async () => {
      const { pidFile: fifo } = pidFile("");
      fs.rmSync(fifo);
      execFileSync("mkfifo", [fifo]);
      const begun = performance.now();
      for (const file of [fifo, at.sandbox.dir, "/dev/urandom", "/dev/zero"])
        expect(await see({ pidFile: file }), file).to.deep.equal({
          kind: "unknown",
          reason: "the pid file is no regular file",
        });
      const { file } = program();
      const child = await daemon(file);
      // sparse: as large as it can be
      const huge = pidFile(`${child.pid}\n`);
      fs.truncateSync(huge.pidFile, 1e12);
      expect(pids(await seen(huge))).to.deep.equal([child.pid]);
      const empty = pidFile("");
      fs.truncateSync(empty.pidFile, 1e12);
      expect(await see(empty)).to.include({
        reason: "the pid file does not hold a number",
      });
      expect(performance.now() - begun).to.be.below(10_000);
      await end(child);
    });
  });
  it("counts the roots: a worker whose parent matches is none", async () => {
    const { file, spec } = program();
    const shell = path.join(at.sandbox.dir, "forker");
    fs.mkdirSync(shell);
    const named = path.join(shell, path.basename(file));
    fs.copyFileSync(fs.realpathSync("/bin/sh"), named);
    const parent = at.sandbox.spawn(named, [
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
    const many = at.sandbox.spawn("sh", [
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
});
