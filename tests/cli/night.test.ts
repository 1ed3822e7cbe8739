import { expect } from "chai";
import { eventually } from "../support/eventually";
import { Sandbox } from "../support/sandbox";
import { startZookeeper, type ZookeeperServer } from "../support/zookeeper";
import { locked } from "./command";
import { Locks } from "./locks";
import { startInTerminal } from "./terminal";

// Nothing is typed here but what the command itself has printed before.
describe("an operator who has never seen the command", () => {
  let sandbox: Sandbox;
  let zookeeper: ZookeeperServer;
  let locks: Locks;

  before(async () => {
    sandbox = await Sandbox.create();
    zookeeper = await startZookeeper(sandbox);
    locks = new Locks(zookeeper.connect);
  });
  after(async () => {
    await locks.close();
    await sandbox.stop();
  });

  it("finds the failed holder of a stuck roll, learns why, clears it, and sees the roll go on", async () => {
    const rolled: string[] = [];
    await (await locks.live("db", "db1")).release();
    await locks.failed("web", "web1");
    const roll = ["web2", "web3", "web4"].map(async (target) => {
      const { granted } = await locks.waiting("web", target);
      const held = await granted;
      rolled.push(target);
      await held.release({ kind: "acted" });
    });
    await eventually("all wait", async () => {
      const session = await locks.session();
      const path = "/locked-action/web/waiters";
      return (await session.getChildren(path)).children?.length === 3;
    });

    const help = (await locked(sandbox, ["--help"])).stdout;
    const [, variable] = /(LOCKED_ACTION_\w+SERVERS)/.exec(help) ?? [];
    const env = { [variable ?? ""]: zookeeper.connect };
    const example = (word: string): string[] => {
      const line = new RegExp(
        `^ +locked-action (${word}\\b.*?)( {2}.*)?$`,
        "m",
      );
      const found = line.exec(help)?.[1];
      expect(found, `an example of ${word}`).to.be.a("string");
      return found!.split(" ");
    };

    const listed = await locked(sandbox, example("list"), { env });
    const blocked = listed.stdout
      .split("\n")
      .slice(1)
      .filter((row) => row && !row.endsWith("-"));
    expect(blocked).to.have.length(1);
    const [name] = blocked[0]!.split(" ");

    const show = example("show").map((word) => (word === "web" ? name! : word));
    const page = (await locked(sandbox, show, { env })).stdout;
    expect(page).to.match(/web1 .*\n +state +failed, step verify/);
    expect(page).to.contain("expected another process, saw the same");
    const [, clear] = /^ +or, .*: locked-action (clear .*)$/m.exec(page) ?? [];
    const words = clear!.replace("WHY", "repaired").split(" ");

    const terminal = startInTerminal(sandbox, words, env);
    await terminal.said("(y/N)");
    expect(rolled, "nobody went on before").to.deep.equal([]);
    terminal.write("y\n");
    expect((await terminal.ended).code).to.equal(0);

    await Promise.all(roll);
    expect(rolled).to.have.members(["web2", "web3", "web4"]);
    const after = await locked(sandbox, example("list"), { env });
    expect(after.stdout).to.match(/^web +0\/1 +free .* -$/m);
  });
});
