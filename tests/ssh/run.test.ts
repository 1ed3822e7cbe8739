import { randomBytes } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { createHostPool } from "../../core/ssh/pool";
import { describeScriptProblem } from "../../core/ssh/script-problem";
import type { HostPool, RemoteHost, Script } from "../../core/ssh/types";
import { eventually } from "../support/eventually";
import { startHosts, type Fleet } from "../support/hosts";
import { Sandbox } from "../support/sandbox";
import { connect } from "./connect";

describe("running a script on a host", () => {
  let sandbox: Sandbox;
  let fleet: Fleet;
  let pool: HostPool;
  let host: RemoteHost;

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

  const run = (body: string, more: Partial<Script> = {}) =>
    host.run({ body, timeout: 30, ...more });
  const alive = (pid: number) => fs.existsSync(`/proc/${pid}/stat`);
  const pidIn = (file: string) =>
    eventually(`a pid in ${file}`, () => {
      const text = fs.existsSync(file) ? fs.readFileSync(file, "utf8") : "";
      return text.endsWith("\n") ? Number(text) : 0;
    });
  let count = 0;
  const file = () => path.join(sandbox.dir, `file-${count++}`);

  describe("tells how it ended", () => {
    it("by its exit, with both outputs apart", async () => {
      expect(await run("echo out; echo err >&2; exit 7")).to.deep.equal({
        kind: "exit",
        code: 7,
        stdout: "out\n",
        stderr: "err\n",
      });
    });

    it("by the exit of its last command, or 0 if there is none", async () => {
      expect(await run("false")).to.include({ kind: "exit", code: 1 });
      expect(await run("# nothing")).to.include({ kind: "exit", code: 0 });
      expect(await run("")).to.include({ kind: "exit", code: 0 });
      expect(await run("exit 124")).to.include({ kind: "exit", code: 124 });
      expect(await run("exec sh -c 'exit 9'")).to.include({
        kind: "exit",
        code: 9,
      });
      expect(await run("return 3")).to.include({ kind: "exit", code: 3 });
      expect(await run("no-such-command")).to.include({
        kind: "exit",
        code: 127,
      });
    });

    it("by the signal that ended it", async () => {
      expect(await run("kill -KILL $$")).to.include({
        kind: "signal",
        signal: "SIGKILL",
      });
    });

    it("by a syntax error, of which nothing was run", async () => {
      const result = await run("echo begun\nif true; then");
      expect(result).to.include({
        kind: "exit",
        code: 2,
        started: false,
        stdout: "",
      });
      expect(result.stderr).to.match(/syntax error/i);
    });

    it("even if the script ends in a backslash or a comment, or closes its outputs", async () => {
      expect((await run("echo a \\")).stdout).to.equal("a\n");
      expect((await run("echo a # b")).stdout).to.equal("a\n");
      expect(await run("exec >&- 2>&-; exit 5")).to.include({
        kind: "exit",
        code: 5,
      });
    });
  });

  describe("gives it", () => {
    it("its environment, whatever is in the values", async () => {
      const environment = {
        QUOTES: `a'b"c\`d$e\\f!`,
        LINES: "one\ntwo\n",
        UTF8: "äöü €",
        EMPTY: "",
      };
      const body = Object.keys(environment)
        .map((name) => `printf '%s|' "$${name}"`)
        .join("\n");
      const { stdout } = await run(body, { environment });
      expect(stdout).to.equal(Object.values(environment).join("|") + "|");
    });

    it("an empty stdin, unless it is given one", async () => {
      expect((await run("cat; echo end")).stdout).to.equal("end\n");
      const stdin = "line\n\n'quoted' \\ $x\0 and no line break";
      expect((await run("cat", { stdin })).stdout).to.equal(stdin);
      expect((await run("cat", { stdin: "" })).stdout).to.equal("");
      // one that is not read is no harm
      expect(await run("exit 4", { stdin: "x".repeat(300_000) })).to.include({
        code: 4,
      });
    });

    it("nothing of it in any argument or environment on the host but its own", async () => {
      const secret = `secret-${randomBytes(8).toString("hex")}`;
      const result = await run(
        `p=$$; for d in /proc/$PPID /proc/$p; do tr '\\0' ' ' <$d/cmdline; tr '\\0' ' ' <$d/environ; done`,
        { environment: { PASSWORD: secret }, stdin: secret },
      );
      expect(result).to.include({ code: 0 });
      expect(result.stdout).to.contain("timeout");
      expect(result.stdout).to.not.contain(secret);
      expect(
        (await run(`echo "$PASSWORD"`, { environment: { PASSWORD: secret } }))
          .stdout,
      ).to.equal(`${secret}\n`);
    });

    it("the whole of a script of 5 MB", async () => {
      const body = `x='${"0123456789abcdef".repeat(327_680)}'\necho \${#x}`;
      expect((await run(body)).stdout).to.equal("5242880\n");
    });

    it("the whole of a stdin of 5 MB", async () => {
      const stdin = "0123456789abcde\n".repeat(327_680);
      expect((await run("wc -c | tr -d ' '", { stdin })).stdout).to.equal(
        "5242880\n",
      );
    });
  });

  describe("keeps of its outputs", () => {
    it("the head and the tail, of floods on both at once", async () => {
      const body = `seq 1 200000 & seq 1 200000 >&2; wait; echo last; echo last >&2`;
      const result = await run(body);
      expect(result).to.include({ kind: "exit", code: 0 });
      for (const text of [result.stdout, result.stderr]) {
        expect(text).to.match(/^1\n2\n3\n/);
        expect(text).to.match(/\n200000\nlast\n$/);
        expect(text).to.match(/\n\[… \d+ bytes left out …\]\n/);
        expect(text.length).to.be.within(65_000, 66_000);
      }
    });

    it("as much as there is up to 64 KiB, without a note", async () => {
      const { stdout } = await run("head -c 65536 /dev/zero | tr '\\0' x");
      expect(stdout).to.equal("x".repeat(65_536));
    });

    it("binary as well as it can be text, and no halves of characters at the cut", async () => {
      const { stdout } = await run("printf 'a\\377\\000b'");
      expect(stdout).to.equal("a�\0b");
      const euros = await run(
        "i=0; while [ $i -lt 40000 ]; do printf '€'; i=$((i+1)); done",
      );
      expect(euros.stdout).to.not.contain("�");
      expect(euros.stdout).to.match(/^€+\n\[… \d+ bytes left out …\]\n€+$/);
    });
  });

  describe("ends it", () => {
    it("at its deadline on the host, with everything it has started", async () => {
      const [a, b] = [file(), file()];
      const result = await run(
        `echo before; sh -c 'echo $$ >${a}; sleep 300' & echo $! >${b}; sleep 300`,
        { timeout: 0.4 },
      );
      expect(result).to.include({
        kind: "timeout",
        seconds: 1,
        stdout: "before\n",
      });
      for (const pid of [await pidIn(a), await pidIn(b)])
        await eventually(`${pid} is gone`, () => !alive(pid));
    });

    it("by KILL if it does not mind TERM", async () => {
      const pid = file();
      const result = await run(
        `trap '' TERM; sh -c 'echo $PPID' >${pid}; while :; do sleep 1; done`,
        { timeout: 1 },
      );
      expect(result).to.include({ kind: "timeout", seconds: 1 });
      const number = await pidIn(pid);
      await eventually("it is gone", () => !alive(number));
    });

    it("when it is called off, by TERM to all of it", async () => {
      const pid = file();
      const stop = new AbortController();
      const running = host.run(
        {
          body: `trap 'echo cleaned; exit' TERM; echo begun; sleep 300 & echo $! >${pid}; wait`,
          timeout: 60,
        },
        { signal: stop.signal },
      );
      const child = await pidIn(pid);
      stop.abort();
      const result = await running;
      expect(result).to.include({ kind: "signal", signal: "SIGTERM" });
      expect(result.stdout).to.match(/^begun\n/);
      await eventually("its child is gone", () => !alive(child));
    });

    it("when it is called off, by KILL if it does not mind TERM", async () => {
      const pid = file();
      const stop = new AbortController();
      const running = host.run(
        {
          body: `trap '' TERM; sh -c 'echo $PPID' >${pid}; while :; do sleep 1; done`,
          timeout: 60,
        },
        { signal: stop.signal },
      );
      const shell = await pidIn(pid);
      stop.abort();
      expect(await running).to.include({ kind: "signal", signal: "SIGKILL" });
      await eventually("it is gone", () => !alive(shell));
    });

    it("before it has begun, and says so", async () => {
      const result = await host.run(
        { body: "true", timeout: 9 },
        { signal: AbortSignal.abort() },
      );
      expect(result).to.include({
        kind: "unknown",
        started: false,
        reason: "it was called off before it began",
      });
    });
  });

  it("does not wait for a background process that keeps its outputs open", async () => {
    const pid = file();
    const result = await run(`sleep 300 & echo $! >${pid}; echo done; exit 6`);
    expect(result).to.deep.equal({
      kind: "exit",
      code: 6,
      stdout: "done\n",
      stderr: "",
    });
    const child = await pidIn(pid);
    expect(alive(child)).to.equal(true);
    process.kill(child);
  });

  it("does not wait for one either when the script had no last word", async () => {
    const pid = file();
    const result = await run(
      `sleep 300 & echo $! >${pid}; echo done; kill -KILL $$`,
    );
    expect(result).to.include({
      kind: "signal",
      signal: "SIGKILL",
      stdout: "done\n",
    });
    process.kill(await pidIn(pid));
  });

  it("runs six at a time, and the others after them", async () => {
    const dir = fs.mkdtempSync(path.join(sandbox.dir, "slots-"));
    const body = `touch ${dir}/$$; ls ${dir} | wc -l; sleep 0.2; rm ${dir}/$$`;
    const results = await Promise.all(
      Array.from({ length: 25 }, () => run(body)),
    );
    for (const result of results)
      expect(result).to.include({ kind: "exit", code: 0 });
    expect(
      Math.max(...results.map(({ stdout }) => Number(stdout))),
    ).to.be.within(2, 6);
  });

  it("waits when the host has no room for another session", async () => {
    const tight = await startHosts(sandbox, ["tight"], {
      config: ["MaxSessions 2"],
    });
    const other = await pool.lease(connect(tight.connection("tight")));
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        other.run({ body: `exit ${i}`, timeout: 30 }),
      ),
    );
    expect(
      results.map((result) => result.kind === "exit" && result.code),
    ).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7]);
    other.release();
  });

  it("refuses what cannot be sent, without repeating values", async () => {
    const cases: [Partial<Script>, string][] = [
      [{ body: "a\0b" }, "the script contains NUL"],
      [{ timeout: 0 }, "timeout: expected seconds above 0, got 0"],
      [{ timeout: NaN }, "timeout: expected seconds above 0, got NaN"],
      [
        { timeout: Infinity },
        "timeout: expected seconds above 0, got Infinity",
      ],
      [
        { environment: { "A-B": "x" } },
        'environment: "A-B" is no name of a variable',
      ],
      [{ environment: { A: "secret\0" } }, "environment: A contains NUL"],
      [{ sudo: "-s" }, 'sudo: "-s" is no user name'],
      [{ sudo: "a;b" }, 'sudo: "a;b" is no user name'],
      [
        { sudo: true, sudoPassword: "two\nlines" },
        "sudoPassword: a password of one line is expected",
      ],
      [
        { guard: { key: "../x", runId: "r" } },
        'guard: "../x" is no name of a file',
      ],
      [{ guard: { key: "x", runId: "r r" } }, 'guard: "r r" is no run id'],
    ];
    for (const [more, message] of cases) {
      const script = { body: "true", timeout: 9, ...more };
      expect(describeScriptProblem(script)).to.equal(message);
      const error = await host.run(script).catch((e: unknown) => e);
      expect(error).to.be.instanceOf(TypeError);
      expect((error as Error).message).to.equal(message);
    }
    for (const sudo of ["www-data", "#1000", "_apt", "svc$", true])
      expect(describeScriptProblem({ body: "", timeout: 1, sudo })).to.equal(
        null,
      );
  });
});
