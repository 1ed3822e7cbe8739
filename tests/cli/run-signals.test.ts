import { expect } from "chai";
import fs from "node:fs";
import path from "node:path";
import { quote } from "../../core/text/quote";
import { eventually } from "../support/eventually";
import { Sandbox } from "../support/sandbox";
import { startZookeeper, type ZookeeperServer } from "../support/zookeeper";
import { COMMAND, environment, start, watched, type Running } from "./command";
import { CTRL_C, startInTerminal } from "./terminal";

const CTRL_Z = "\u001a";

/** Writes the name of each signal that it gets to `seen`, until it is told to go; then the file is complete. */
const LISTENER = `
for s in HUP INT QUIT USR1 USR2 ALRM TERM URG XCPU VTALRM PROF WINCH IO PWR SYS CONT; do
  trap "echo $s >>seen" $s
done
echo begun $$
while [ ! -e go ]; do sleep 0.02; done
exit 0
`;

describe("signals that come to a run", () => {
  let sandbox: Sandbox;
  let zookeeper: ZookeeperServer;
  const file = (name: string) => path.join(sandbox.dir, name);
  const seen = () =>
    fs.existsSync(file("seen"))
      ? fs.readFileSync(file("seen"), "utf8").split("\n").filter(Boolean)
      : [];
  const words = (name: string, script: string, data = "rack1") => [
    ...["run", name, "--servers", zookeeper.connect, "--data", data],
    ...["--", "sh", "-c", script],
  ];
  /** The pid of the run itself, whatever it was started by. */
  const runOf = (running: Running) =>
    eventually("its command has begun", () => {
      const command = /begun (\d+)/.exec(running.stdout())?.[1];
      return command
        ? /^PPid:\t(\d+)/m.exec(
            fs.readFileSync(`/proc/${command}/status`, "utf8"),
          )?.[1]
        : undefined;
    }).then(Number);
  const awaitSeen = (signal: string) =>
    eventually(`it has seen ${signal}`, () => seen().includes(signal));
  const letGo = async (running: Running) => {
    fs.writeFileSync(file("go"), "");
    expect((await running.ended).code).to.equal(0);
  };

  before(async () => {
    sandbox = await Sandbox.create();
    zookeeper = await startZookeeper(sandbox);
  });
  after(() => sandbox.stop());
  afterEach(() => {
    for (const name of ["seen", "go"]) fs.rmSync(file(name), { force: true });
  });

  it("reach its command, each that can be passed, while the run lives on", async () => {
    const running = start(sandbox, words("all", LISTENER));
    const pid = await runOf(running);
    const signals = [
      ...["HUP", "INT", "QUIT", "USR1", "USR2", "ALRM", "TERM", "URG"],
      ...["XCPU", "VTALRM", "PROF", "WINCH", "IO", "PWR", "SYS", "CONT"],
    ];
    for (const signal of signals) {
      process.kill(pid, `SIG${signal}`);
      await awaitSeen(signal);
    }
    await letGo(running);
    expect(seen()).to.deep.equal(signals);
    expect((await running.ended).stderr).not.to.contain("Debugger");
  });

  it("do not end a run that waits, nor open Node's debugger", async () => {
    const holder = start(sandbox, words("queue", LISTENER));
    await runOf(holder);
    const waiting = start(sandbox, words("queue", "echo done", "rack2"));
    await waiting.said("waiting for queue");
    for (const signal of ["SIGUSR1", "SIGUSR2", "SIGALRM"] as const)
      waiting.child.kill(signal);
    await letGo(holder);
    const { code, stdout, stderr } = await waiting.ended;
    expect([code, stdout]).to.deep.equal([0, "done\n"]);
    expect(stderr).not.to.contain("Debugger");
  });

  for (const [stdin, from] of [
    ["a terminal", ""],
    ["/dev/null", "</dev/null"],
    ["a pipe", "< <(sleep 100)"],
  ] as const)
    it(`reach it once by Ctrl-C, and once by kill, with ${stdin} as its stdin`, async () => {
      const line = [...COMMAND, ...words("tty", LISTENER)].map(quote).join(" ");
      const terminal = sandbox.spawn(
        "script",
        ["-qefc", `exec bash -c ${quote(`${line} ${from}`)}`, "/dev/null"],
        {
          env: environment({ SHELL: "/bin/sh" }),
          cwd: sandbox.dir,
          stdio: ["pipe", "pipe", "pipe"],
        },
      );
      const running = watched(terminal);
      const pid = await runOf(running);
      running.write(CTRL_C);
      await awaitSeen("INT");
      process.kill(pid, "SIGUSR1");
      await awaitSeen("USR1");
      process.kill(pid, "SIGINT");
      await eventually("the second one", () => seen().length > 2);
      process.kill(pid, "SIGUSR2");
      await awaitSeen("USR2");
      fs.writeFileSync(file("go"), "");
      await running.ended;
      expect(seen()).to.deep.equal(["INT", "USR1", "INT", "USR2"]);
    });

  it("reach all processes of the command, which leaves none behind", async () => {
    const running = start(
      sandbox,
      words("rest", "echo begun $$; sleep 100; true"),
    );
    const pid = await runOf(running);
    const child = await eventually("its sleep", () => {
      const command = /begun (\d+)/.exec(running.stdout())![1];
      const children = `/proc/${command}/task/${command}/children`;
      return fs.readFileSync(children, "utf8").trim();
    });
    process.kill(pid, "SIGTERM");
    expect((await running.ended).code).to.equal(143);
    const left = fs.existsSync(`/proc/${child}`)
      ? fs.readFileSync(`/proc/${child}/stat`, "utf8")
      : "";
    expect(left).to.match(/^$|\) Z /);
  });

  it("stop it by Ctrl-Z and let it go on by fg", async () => {
    const line = [...COMMAND, ...words("job", LISTENER)].map(quote).join(" ");
    fs.writeFileSync(
      file("job.sh"),
      `set -m\n${line}\necho stopped $?\nwhile [ ! -e fg ]; do sleep 0.02; done\nfg >/dev/null\necho ended $?\n`,
    );
    const running = watched(
      sandbox.spawn("script", ["-qefc", "exec bash job.sh", "/dev/null"], {
        env: environment({ SHELL: "/bin/sh" }),
        cwd: sandbox.dir,
        stdio: ["pipe", "pipe", "pipe"],
      }),
    );
    await runOf(running);
    const command = Number(/begun (\d+)/.exec(running.stdout())![1]);
    const state = () =>
      /^State:\t(\w)/m.exec(
        fs.readFileSync(`/proc/${command}/status`, "utf8"),
      )![1];
    running.write(CTRL_Z);
    await running.said(/stopped \d+/);
    await eventually("it is stopped", () => state() === "T");
    fs.writeFileSync(file("fg"), "");
    await eventually("it goes on", () => state() !== "T");
    fs.writeFileSync(file("go"), "");
    await running.said("ended 0");
  });

  it("go to a command that reads from the terminal", async () => {
    const terminal = startInTerminal(
      sandbox,
      words("read", "echo begun $$; read -r line; echo got $line"),
    );
    await runOf(terminal);
    terminal.write("a line\n");
    await terminal.said("got a line");
    expect((await terminal.ended).code).to.equal(0);
  });
});
