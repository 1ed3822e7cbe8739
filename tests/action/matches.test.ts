import { expect } from "chai";
import { command, failed, Rig, SOON } from "./rig";

describe("what a pattern matched, when the proof failed", () => {
  let rig: Rig;
  before(async () => void (rig = await Rig.start(["web1"])));
  after(() => rig.stop());

  const pid = () => rig.read("web1", "pid").trim();
  const told = async (spec: ReturnType<Rig["spec"]>) => {
    const { reasons } = failed(await rig.run({ health: SOON, ...spec }));
    const end = reasons.findIndex((line) => line.startsWith("to see what"));
    return reasons.slice(1, end + 1);
  };

  it("names what stayed and what is new where it is too wide", async () => {
    const daemon = rig.daemon("web1");
    const other = rig.sandbox.spawn(daemon, ["99999"], { stdio: "ignore" });
    await rig.run(rig.spec({ process: null }));
    const old = pid();
    const spec = rig.spec();
    const lines = await told(spec);
    const { user, host, port } = spec.connection;
    expect(lines).to.deep.equal([
      `the pattern ${daemon} over command lines matched 2 processes before, 2 processes after`,
      lines[1],
      lines[2],
      lines[3],
      "to check: does the pattern also match processes that the action leaves alone? Make it narrower (^…$, user, fullCmd); if the old ones only take long to end, give health.timeout",
      `to see what it matches: locked-action doctor --host ${user}@${host}:${port} --process ${daemon} --full-cmd --servers ${rig.zookeeper.connect}`,
    ]);
    expect(lines[1]).to.match(new RegExp(`^stayed: pid ${other.pid}: `));
    expect(lines[2]).to.match(new RegExp(`^new: pid ${pid()}: `));
    expect(lines[3]).to.match(new RegExp(`^gone: pid ${old}: `));
    other.kill();
  });

  it("asks whether it matches the service at all where it matched nothing", async () => {
    const process = { commandString: "^nignx$", user: "root" };
    const lines = await told(rig.spec({ process, act: command("true") }));
    expect(lines[0]).to.equal(
      "the pattern ^nignx$ over names of processes of user root matched 0 processes before, 0 processes after",
    );
    expect(lines[1]).to.match(/^to check: does the pattern match the service/);
    expect(lines[2]).to.contain("--process '^nignx$' --user root");
  });

  it("tells what did not come back", async () => {
    await rig.run(rig.spec({ process: null }));
    const old = pid();
    rig.write("web1", "broken");
    const lines = await told(rig.spec());
    rig.remove("web1", "broken");
    expect(lines[1]).to.match(new RegExp(`^gone: pid ${old}: .*daemon 100000`));
    expect(lines[2]).to.match(/^to check: the host's own log/);
  });

  it("shows no command line that holds a secret, or the beginning of one", async () => {
    const secret = `hush-${"s".repeat(2500)}`;
    const daemon = rig.daemon("web1");
    const sh = (...args: string[]) =>
      rig.sandbox.spawn("sh", ["-c", "sleep 300 & wait", daemon, ...args]);
    const whole = sh("hush-4711");
    const cut = sh("x".repeat(60), secret);
    const spec = rig.spec({
      act: command("true"),
      process: { commandString: `^sh -c .*${daemon}`, fullCmd: true },
      secrets: ["hush-4711", secret],
    });
    const lines = await told(spec);
    for (const { pid } of [whole, cut])
      expect(lines).to.include(
        `stayed: pid ${pid}: (its command line holds a secret)`,
      );
    expect(lines.join("\n")).to.not.contain("hush");
    whole.kill();
    cut.kill();
  });
});
