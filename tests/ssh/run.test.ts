import { randomBytes } from "node:crypto";
import { expect } from "chai";
import { oneHost } from "./one-host";

describe("running a script on a host", () => {
  const at = oneHost();
  const { run } = at;

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
      expect(result.stdout).to.contain("/bin/sh -s");
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
});
