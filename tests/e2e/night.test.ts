import { expect } from "chai";
import { eventually } from "../support/eventually";
import { errorsOf, openScene, type Scene } from "../support/scene";
import { locked } from "../cli/command";
import { startInTerminal } from "../cli/terminal";

// Nothing is typed here but what the command itself has printed before.
describe("an operator who has never seen the command", () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene(["web1", "web2", "web3", "web4"]);
  });
  after(() => scene.stop());

  const others = ["web2", "web3", "web4"];
  /** Whose service was restarted, besides its first start by hand. */
  const rolled = () =>
    others.filter((host) => scene.service(host).acts.length > 1);

  it("finds the failed holder of a stuck roll, learns why, clears it, and sees the roll go on", async () => {
    const { sandbox, zookeeper } = scene;
    const idle = scene.restart("web2", {
      lock: { name: "db" },
      onCreate: "record",
    });
    await (await scene.openStack("db", { idle })).up();
    const broken = scene.restart("web1", { action: { command: "exit 3" } });
    const canary = await scene.openStack("canary", { broken });
    expect(errorsOf(await canary.up())).to.match(/web1: act: /);
    const lock = { onFailedHolder: "wait" };
    const fleet = await scene.openStack(
      "fleet",
      Object.fromEntries(
        others.map((host) => [host, scene.restart(host, { lock })]),
      ),
    );
    const roll = fleet.up({ parallel: 4 });
    await eventually("all wait", async () => {
      return (await scene.lock()).waiters.length === others.length;
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
    expect(page).to.match(/web1 .*\n +state +failed, step act .*, exit 3$/m);
    expect(page).to.match(/^ +reason +\S/m);
    const [, clear] = /^ +or, .*: locked-action (clear .*)$/m.exec(page) ?? [];
    const words = clear!.replace("WHY", "repaired").split(" ");

    const terminal = startInTerminal(sandbox, words, env);
    await terminal.said("(y/N)");
    expect(rolled(), "nobody went on before").to.deep.equal([]);
    terminal.write("y\n");
    expect((await terminal.ended).code).to.equal(0);

    expect(errorsOf(await roll)).to.equal("");
    expect(rolled()).to.deep.equal(others);
    const after = await locked(sandbox, example("list"), { env });
    expect(after.stdout).to.match(/^fleet +0\/1 +free .* -$/m);
    const repaired = await canary.up();
    expect(errorsOf(repaired), "what failed is still owed").to.match(/exit 3/);
  });
});
