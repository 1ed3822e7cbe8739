import { expect } from "chai";
import { describeVariableProblem } from "../../core/ssh/script-problem";
import { createHostPool } from "../../core/ssh/pool";
import type { HostPool, RunResult, Script } from "../../core/ssh/types";
import { Sandbox } from "../support/sandbox";
import { find } from "./machine";
import { needsPrivateHosts, startPrivateHost } from "./private-host";

/** Names that mean something to a shell, to what it starts, or to our own script. */
const NAMES = [
  ...["IFS", "PATH", "HOME", "PWD", "OLDPWD", "SHELL", "USER", "LOGNAME"],
  ...[
    "PS1",
    "PS2",
    "PS4",
    "ENV",
    "BASH_ENV",
    "CDPATH",
    "MAIL",
    "TMPDIR",
    "TZ",
    "LC_ALL",
    "LANG",
    "COLUMNS",
  ],
  ...["POSIXLY_CORRECT", "BASH_COMPAT", "BASH_XTRACEFD", "KSH_VERSION"],
  ...["FPATH", "HISTFILE", "IGNOREEOF", "NOEXEC", "REPLY", "EXECIGNORE"],
  ...["la_e", "la_g", "la_path", "la_in", "la_main", "la_boot", "la_key"],
  ...["la_where", "la_w", "la_x", "la_d", "la_u", "la_s", "la_size", "la_t"],
  ...["LOCKED_ACTION", "A", "_a1"],
];
/** The shell itself sets these while it runs, so that what a script sees of them is the shell's own. */
const LIVING = /^(PWD|KSH_VERSION|BASH_XTRACEFD|REPLY)$/;
const SHELLS = ["dash", "bash", "busybox", "ksh93"];
const SECRET = "correct-horse-battery";

describe("a script where sh is", () => {
  needsPrivateHosts();
  for (const shell of SHELLS)
    describe(shell, () => {
      let sandbox: Sandbox;
      let pool: HostPool;
      let run: (script: Partial<Script>, user?: string) => Promise<RunResult>;

      before(async function () {
        const file = find(shell);
        if (!file) {
          console.log(`      skipped: ${shell} is not on this machine`);
          return this.skip();
        }
        sandbox = await Sandbox.create();
        pool = createHostPool();
        const host = await startPrivateHost(
          sandbox,
          [{ name: "deploy", sudo: "ALL=(ALL) NOPASSWD: ALL" }],
          {
            defaults: "Defaults secure_path=/nonexistent",
            mounts: [
              // not one byte more goes into /tmp: the sandbox is in it, so that is kept beside
              `mkdir -p /mnt/sandbox; mount --bind ${sandbox.dir} /mnt/sandbox`,
              "mount -t tmpfs -o size=16k,mode=1777 none /tmp",
              `mkdir -p ${sandbox.dir}; mount --bind /mnt/sandbox ${sandbox.dir}`,
              "cat /dev/zero >/tmp/full 2>/dev/null || true",
              `mount --bind ${file} /bin/sh`,
            ],
          },
        );
        run = async (script, user = "root") => {
          const lease = await pool.lease(host.connection(user));
          const result = await lease.run({
            ...{ body: ":", timeout: 30, ...script },
          });
          lease.release();
          return result;
        };
      });
      after(async () => {
        pool?.close();
        await sandbox?.stop();
      });

      it("reads the whole of its stdin though /tmp is full, and though its PATH has no base64", async () => {
        const stdin = `${"0123456789".repeat(20_000)}\n`;
        const result = await run({
          body: "echo x >/tmp/more && echo 'there is room'; /usr/bin/wc -c",
          stdin,
          environment: { PATH: "/nonexistent" },
        });
        expect(result).to.include({ kind: "exit", code: 0 });
        expect(result.stdout.trim()).to.equal(String(stdin.length));
      });

      it("has every variable that can be set, and none of them breaks what is around it", async () => {
        const wrong: string[] = [];
        for (const name of NAMES) {
          if (describeVariableProblem(name)) continue;
          const locale = name === "LC_ALL" || name === "LANG";
          const value = locale ? "C" : `/a ${name}; exit 7\n'"$(false)`;
          const { stdout, ...result } = await run({
            body: `printf '<%s>' "$${name}"; cat; exit 3`,
            stdin: "in",
            environment: { ...{ PATH: "/usr/bin:/bin" }, [name]: value },
          });
          const ended = result.kind === "exit" ? result.code : result.kind;
          const lost = name === "PATH" ? 127 : 3;
          const seen = LIVING.test(name) || stdout.startsWith(`<${value}>`);
          const read = name === "PATH" || stdout.endsWith(">in");
          // without a PATH `cat` is not found, and the script goes on to its exit
          if (![3, lost].includes(ended as number) || !seen || !read)
            wrong.push(`${name}: ${JSON.stringify({ ...result, stdout })}`);
        }
        expect(wrong).to.deep.equal([]);
      });

      it("tells each end as what it is", async () => {
        const ends: [string, Partial<RunResult>][] = [
          ["exit 15", { kind: "exit", code: 15 }],
          ["exit 143", { kind: "exit", code: 143 }],
          ["exit 255", { kind: "exit", code: 255 }],
          ["sh -c 'kill -15 $$'", { kind: "exit", code: 143 }],
          ["sh -c 'kill -9 $$'; exit 4", { kind: "exit", code: 4 }],
        ];
        for (const [body, ending] of ends)
          expect(await run({ body }), body).to.deep.include(ending);
      });

      for (const [body, signal] of [
        ["kill -9 $$; sleep 30", /^SIG(KILL)$/],
        ["kill 0; sleep 30", /^SIG(TERM)$/],
        ["kill -9 0; sleep 30", /^SIG(KILL)$/],
      ] as const)
        it(`tells "${body}" as a signal, or that nobody knows, never as a success or as not begun`, async () => {
          const result = await run({ body });
          expect(result.started, JSON.stringify(result)).to.not.equal(false);
          if (result.kind === "signal") expect(result.signal).to.match(signal);
          else expect(result.kind).to.be.oneOf(["unknown", "exit"]);
          if (result.kind === "exit") expect(result.code).to.be.above(128);
        });

      it("is run by sudo whose secure_path has no sleep, and ended at its deadline", async () => {
        const ran = await run(
          { body: "id -u 2>/dev/null || echo none", sudo: true },
          "deploy",
        );
        expect(ran).to.include({ kind: "exit", code: 0 });
        const late = await run(
          { body: "/bin/sleep 60", timeout: 1, sudo: true },
          "deploy",
        );
        expect(late).to.include({ kind: "timeout", seconds: 1 });
      });

      for (const [what, body] of [
        ["an open quote", `echo '${SECRET}`],
        ["an odd word", `fi; echo ${SECRET}`],
        ["an open brace", `{ echo ${SECRET}`],
        ["a here-document without an end", `cat <<${SECRET}\n${SECRET}x`],
      ] as const)
        it(`shows nothing of a secret command with ${what}`, async () => {
          const environment = { TOKEN: SECRET };
          const result = await run({ body, environment, stdin: SECRET });
          if (what !== "a here-document without an end") {
            expect(result).to.include({ kind: "exit", code: 2 });
            expect(result.started).to.equal(false);
            expect(result.stdout + result.stderr).to.not.contain(SECRET);
          } else
            // most shells take the end of the script for its end: what it prints is its own
            expect(result.stderr).to.not.contain(SECRET);
        });
    });

  it("any: what cannot be set is refused before it is sent", () => {
    for (const name of ["UID", "EUID", "PPID", "SHELLOPTS", "OPTIND"])
      expect(describeVariableProblem(name), name).to.match(
        /no program can set/,
      );
    for (const name of ["1A", "A-B", "A B", "", "A=B", "é"])
      expect(describeVariableProblem(name), name).to.match(/^expected a name/);
  });
});
