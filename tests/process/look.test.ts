import fs from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { compare } from "../../core/process/compare";
import { look } from "../../core/process/look";
import { createHostPool } from "../../core/ssh/pool";
import { eventually } from "../support/eventually";
import { connect } from "../ssh/connect";
import { imitator, looking } from "./looking";

describe("looking at the processes of a host", () => {
  const at = looking();
  const { see, seen, pids, program, daemon, end } = at;

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
    const spec = { commandString: "^sleep 4321$", fullCmd: true };
    const sighting = await look(at.host, spec, { timeout: 4321 });
    expect(sighting).to.deep.include({ kind: "seen", identities: [] });
  });

  it("never sees the last processes of a script that has just ended", async () => {
    // the watchdog of each sleeps for a time that nobody else does
    const spec = { commandString: "^sleep 97531$", fullCmd: true };
    for (let i = 0; i < 20; i++) {
      await at.run("exit 0", { timeout: 97_531 });
      expect(pids(await seen(spec))).to.deep.equal([]);
    }
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
    const script = path.join(at.sandbox.dir, `${name}.sh`);
    fs.writeFileSync(script, "while :; do sleep 300 & wait; done\n");
    const child = at.sandbox.spawn("sh", [
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
    const hostile = path.join(at.sandbox.dir, ") R 1\n) x (");
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
    const liar = at.sandbox.spawn("sh", [
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

  it("is not fooled by a process that answers what it reads of the look in its arguments", async function () {
    const { file, name } = program();
    const victim = await daemon(file);
    const liar = await imitator(at.sandbox, victim.pid!, `as if ${name}`);
    for (let i = 0; i < 40; i++) {
      const found = await seen({
        commandString: `^as if ${name}`,
        fullCmd: true,
      });
      expect(pids(found), `look ${i}`).to.not.include(victim.pid);
    }
    await end(liar);
    await end(victim);
  });

  it("is not fooled by a title that looks like the answer of a look", async () => {
    const { file, name, spec } = program();
    const child = await daemon(file);
    const before = await seen(spec);
    const boot = before.identities[0]!.split("/")[0];
    const title = [
      ...[name, `p 1 1`, `t 1 x`, `problem x`, `boot ${boot} 100 0`],
      ...["end 1 1 1", `p ${child.pid} 1`, ""],
    ].join("\n");
    const liar = at.sandbox.spawn("sh", [
      ...["-c", "while :; do sleep 300 & wait; done", title],
    ]);
    await eventually("it runs", () =>
      fs.readFileSync(`/proc/${liar.pid}/cmdline`, "utf8").includes("problem"),
    );
    expect((await seen(spec)).identities).to.deep.equal(before.identities);
    const full = await seen({ commandString: `${name} p 1 1`, fullCmd: true });
    expect(pids(full)).to.deep.equal([liar.pid]);
    await end(liar);
    await end(child);
  });

  it("reads a title of two megabytes or a hundred thousand lines in no time", async () => {
    const { file, name, spec } = program();
    const child = await daemon(file);
    const long = at.sandbox.spawn("perl", [
      ...["-e", "sleep 300", `begin${name} ${"x".repeat(60_000)}`],
      ...Array.from({ length: 15 }, () => "\n".repeat(60_000)),
      `end${name}`,
    ]);
    await eventually("it runs", () =>
      fs.readFileSync(`/proc/${long.pid}/cmdline`, "utf8").startsWith("perl"),
    );
    const begun = performance.now();
    const full = (commandString: string) =>
      seen({ commandString, fullCmd: true });
    expect(pids(await full(`begin${name}`))).to.deep.equal([long.pid]);
    expect(pids(await full(`end${name}`))).to.deep.equal([]);
    expect(pids(await seen(spec))).to.deep.equal([child.pid]);
    expect(performance.now() - begun).to.be.below(10_000);
    await end(long);
    await end(child);
  });

  it("tells the command lines of what it sees", async () => {
    const { file, spec } = program();
    const child = await daemon(file, ["300"]);
    const found = await seen(spec);
    expect(found.commandLines).to.deep.equal({
      [found.identities[0]!]: `${file} 300`,
    });
    await end(child);
  });

  it("does not take a zombie for a process", async () => {
    const { file, spec } = program();
    const parent = at.sandbox.spawn(
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

  it("answers unknown when it is cut off, was not allowed, or took too long", async () => {
    const stop = AbortSignal.abort();
    expect(
      await look(at.host, { commandString: "x" }, { timeout: 9, signal: stop }),
    ).to.deep.equal({
      kind: "unknown",
      reason: "it was called off before it began",
    });
    const other = createHostPool();
    const dead = await other.lease(connect(at.fleet.connection("web1")));
    other.close();
    expect(
      await look(dead, { commandString: "x" }, { timeout: 9 }),
    ).to.deep.equal({
      kind: "unknown",
      reason: "the connection was closed by us",
    });
  });
});
