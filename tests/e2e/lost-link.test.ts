import { expect } from "chai";
import { eventually } from "../support/eventually";
import { startProxy, type Proxy } from "../support/proxy";
import { errorsOf, openScene, type Args, type Scene } from "../support/scene";
import { HOLDABLE_LOOKS, Steps } from "../support/steps";
import { resourcesOf, Told } from "../support/told";

const HOSTS = ["resumed", "forgood"];

describe("a link that is lost for good", () => {
  let scene: Scene;
  let zookeeper: Proxy;
  const links: Record<string, Proxy> = {};
  before(async () => {
    scene = await openScene(HOSTS, { hosts: { config: [HOLDABLE_LOOKS] } });
    zookeeper = await startProxy(scene.zookeeper.port);
    for (const name of HOSTS)
      links[name] = await startProxy(scene.fleet.host(name).port);
  });
  after(async () => {
    for (const proxy of [zookeeper, ...Object.values(links)])
      await proxy?.close();
    await scene.stop();
  });

  const stepsOf = (name: string) => new Steps(scene.fleet.host(name));

  const row = (name: string): Args => {
    const steps = stepsOf(name);
    const args = scene.restart(name, {
      action: {
        command: steps.text("act", `${scene.service(name).control} restart`),
        timeout: 30,
      },
      gate: { command: steps.text("gate") },
      undrain: { command: steps.text("undrain") },
      drain: { command: steps.text("drain") },
      lock: { name, servers: zookeeper.connect },
    });
    const { port } = links[name]!;
    const { hostKey } = scene.fleet.host(name);
    const once = { port, hostKey, dialErrorLimit: 1 };
    return { ...args, connection: { ...(args.connection as object), ...once } };
  };

  const lose = (name: string) => {
    links[name]!.mode = "refuse";
    links[name]!.cut();
  };

  const kept = async (name: string) => {
    const { holders } = await scene.lock(name);
    expect(holders.map(({ state }) => state)).to.deep.equal(["failed"]);
    return holders[0]!.id;
  };

  it("after a kept lock was taken over, before anything was done: the lock stays kept", async () => {
    const name = "resumed";
    const steps = stepsOf(name);
    steps.fail("act", 3);
    const stack = await scene.openStack(name, { [name]: row(name) });
    expect((await stack.up()).ok).to.equal(false);
    const first = await kept(name);
    steps.mend();
    steps.forget();

    // it has looked, and asks for its lock: what is cut now is the look under the lock
    zookeeper.mode = "blackhole";
    const told = new Told();
    const up = stack.up({ onEvent: told.onEvent });
    await eventually("it asks ZooKeeper", () =>
      told.lines[name]?.some((line) => /^lock: asking/.test(line)),
    );
    steps.hold("look");
    zookeeper.mode = "ok";
    zookeeper.cut();
    await steps.reached("look");
    lose(name);
    const result = await up;
    expect(errorsOf(result)).to.match(/resumed: dial: .*127\.0\.0\.1/);
    const second = await kept(name);
    expect(second).not.to.equal(first);
    const { outputs } = (await resourcesOf(stack))[name]!;
    expect(outputs.failure).to.deep.include({
      ...{ count: 2, step: "dial", phase: "attempted", drained: true },
    });
    expect(outputs.kept).to.deep.include({ holder: second });
    expect(steps.taken).to.deep.equal([]);

    links[name]!.mode = "ok";
    steps.mend();
    expect(errorsOf(await stack.up())).to.equal("");
    expect(steps.taken).to.deep.equal(["drain", "act", "undrain"]);
    expect((await scene.lock(name)).holders).to.deep.equal([]);
  });

  it("while it acts: asks until its deadline, keeps the lock, and the next `up` goes by what it finds on the host", async () => {
    const name = "forgood";
    const steps = stepsOf(name);
    steps.hold("act");
    const before = scene.service(name).identity();
    const args = row(name);
    const action = { ...(args.action as object), timeout: 5 };
    const stack = await scene.openStack(name, { [name]: { ...args, action } });
    const up = stack.up();
    await steps.reached("act");
    lose(name);
    const result = await up;
    expect(errorsOf(result)).to.match(
      /forgood: act: the connection was lost while it ran .*, and how it ended is not known/,
    );
    await kept(name);
    const { outputs } = (await resourcesOf(stack))[name]!;
    const failure = outputs.failure as { baseline: object };
    expect(failure).to.deep.include({
      ...{ count: 1, step: "act", phase: "attempted" },
    });
    expect(failure.baseline)
      .to.have.all.keys("identities", "by")
      .and.deep.include({ identities: [before] });

    // the host ended it at its deadline, and it had not come to the restart
    links[name]!.mode = "ok";
    steps.letGo("act");
    expect(errorsOf(await stack.up())).to.equal("");
    expect((await resourcesOf(stack))[name]!.outputs).to.deep.include({
      outcome: "acted",
      processBefore: [before],
      processAfter: [scene.service(name).identity()],
    });
    expect(scene.service(name).identity()).not.to.equal(before);
    const restarts = scene
      .service(name)
      .acts.filter((act) => act.startsWith("restart"));
    expect(restarts).to.have.length(1);
    expect((await scene.lock(name)).holders).to.deep.equal([]);
  });
});
