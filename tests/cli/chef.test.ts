import { expect } from "chai";
import { changeJson, lockJson, locksJson, watchJson } from "../../cli/json";
import { ChefError, ChefFleet } from "../support/cookbook";
import { eventually } from "../support/eventually";
import { Sandbox } from "../support/sandbox";
import { openZookeeper, type OpenZookeeper } from "../support/shared-zookeeper";
import { locked, start } from "./command";
import { Locks } from "./locks";

describe("locks that are shared with Chef", () => {
  let sandbox: Sandbox;
  let zookeeper: OpenZookeeper;
  let locks: Locks;
  let fleet: ChefFleet;
  let count = 0;
  const see = (...args: string[]) =>
    locked(sandbox, ["--servers", zookeeper.connect, ...args]);

  before(async () => {
    sandbox = await Sandbox.create();
    zookeeper = await openZookeeper(sandbox);
    locks = new Locks(zookeeper.connect);
    fleet = ChefFleet.start(sandbox);
  });
  after(async () => {
    await locks.close();
    await sandbox.stop();
  });

  /** A lock that both know, in the hands of nobody. */
  const shared = async () => {
    const name = `web${++count}`;
    const path = `/lock/${name}`;
    const chef = { chef: { root: "/lock", mode: "tagged" } } as const;
    await (await locks.live(name, "web1", chef)).release();
    await fleet.node("web9", {
      ...{ servers: zookeeper.connect, path, data: "web9" },
      sleep_time: 0.01,
    });
    return { name, path, chef };
  };

  it("list and show name a Chef holder as such, with its age", async () => {
    const { name, path } = await shared();
    await fleet.acquire("web9");
    const list = (await see("list", "-o", "wide")).stdout;
    expect(list).to.match(
      new RegExp(`^${name} +1/1 +chef +\\d+ s +0 +- +- +Chef web9 `, "m"),
    );
    const page = (await see("show", name)).stdout;
    expect(page).to.match(/^Chef node web9 has the Chef lock$/m);
    expect(page).to.match(/^ +since +\S+Z \(held for \d+ s\)$/m);
    expect(page).to.contain(
      `zkCli.sh -server ${zookeeper.connect} delete ${path}`,
    );
    const json = lockJson.parse(
      JSON.parse((await see("show", name, "--json")).stdout),
    );
    expect(json.holders).to.deep.equal([]);
    expect(json.chef[0]).to.deep.include({ kind: "chef", data: "web9", path });
    const all = locksJson.parse(
      JSON.parse((await see("list", "--json")).stdout),
    );
    const row = all.locks.find((lock) => lock.name === name);
    expect(row?.chef.map(({ data }) => data)).to.deep.equal(["web9"]);
    await fleet.release("web9");
    expect((await see("list")).stdout).to.match(
      new RegExp(`^${name} +0/1 +free`, "m"),
    );
  });

  it("watch tells when Chef takes it and lets go; wait waits for that", async () => {
    const { name } = await shared();
    const servers = ["--servers", zookeeper.connect];
    const watch = start(sandbox, ["watch", name, "--json", ...servers]);
    const chefs = () => {
      const line = watch.stdout().trim().split("\n").at(-1);
      return line && watchJson.parse(JSON.parse(line)).lock?.chef.length;
    };
    await eventually("it is free", () => chefs() === 0);
    await fleet.acquire("web9");
    await eventually("Chef has it", () => chefs() === 1);
    const late = await see("wait", name, "--timeout", "0.2");
    expect(late.code).to.equal(4);
    expect(late.stderr).to.contain("holder: Chef node web9");
    const wait = start(sandbox, ["wait", name, ...servers]);
    await fleet.release("web9");
    expect((await wait.ended).code).to.equal(0);
    await eventually("it is free again", () => chefs() === 0);
    watch.child.kill("SIGINT");
    await watch.ended;
  });

  it("list, show and wait see a Chef lock that nobody of ours has used yet", async () => {
    const path = `/chefs-alone/unused${++count}`;
    const name = path.split("/").at(-1)!;
    await fleet.node("web7", {
      ...{ servers: zookeeper.connect, path, data: "web7" },
      sleep_time: 0.01,
    });
    await fleet.acquire("web7");
    const chef = ["--chef", path];
    expect((await see("show", name)).code).to.equal(3);
    expect((await see("show", name, ...chef)).stdout).to.match(
      /^Chef node web7 has the Chef lock$/m,
    );
    expect((await see("list", "-o", "wide", ...chef)).stdout).to.match(
      new RegExp(`^${name} +1/1 +chef .*Chef web7 `, "m"),
    );
    expect((await see("list")).stdout).not.to.contain(name);
    const busy = await see("wait", name, "--timeout", "0.2", ...chef);
    expect([busy.code, busy.stderr]).to.satisfy(
      ([code, text]: [number, string]) =>
        code === 4 && /Chef node web7/.test(text),
    );
    const servers = ["--servers", zookeeper.connect];
    const waiting = start(sandbox, ["wait", name, ...chef, ...servers]);
    waiting.child.stdin?.end();
    await fleet.release("web7");
    expect((await waiting.ended).stdout).to.match(/ is free /);
    expect((await see("show", name, ...chef)).stdout).to.match(
      /^\S+ {2}free$/m,
    );
    const wrong = await see("list", "--chef", "no-slash");
    expect([wrong.code, wrong.stderr]).to.satisfy(
      ([code, text]: [number, string]) =>
        code === 2 && /--chef <path>.*begins with \//.test(text),
    );
  });

  it("works with a Chef lock right below the root, as the cookbook does", async () => {
    const name = `rootless${++count}`;
    const chef = { chef: { root: "/", mode: "tagged" } } as const;
    const path = `/${name}`;
    await fleet.node("web6", {
      ...{ servers: zookeeper.connect, path, data: "web6" },
      sleep_time: 0.01,
    });
    const held = await locks.live(name, "web1", chef);
    const page = (await see("show", name, "-o", "wide")).stdout;
    expect(page).to.match(new RegExp(`^ +chef lock +/${name}$`, "m"));
    await held.release();
    await fleet.acquire("web6");
    expect((await see("list")).stdout).to.match(
      new RegExp(`^${name} +1/1 +chef `, "m"),
    );
    await fleet.release("web6");
    const command = ["--chef", path, "--", "echo", "done"];
    expect((await see("run", name, ...command)).stdout).to.equal("done\n");
  });

  it("run takes the Chef lock too, for the lock is known to go with it", async () => {
    const { name } = await shared();
    const begin = (...options: string[]) =>
      start(sandbox, [
        ...["run", name, "--servers", zookeeper.connect, ...options],
        ...["--", "sh", "-c", "echo begun; read -r _; exit 0"],
      ]);
    const running = begin();
    await running.said("begun");
    expect(await fleet.acquire("web9", 0.1)).to.equal(false);
    running.write("go on\n");
    expect((await running.ended).code).to.equal(0);
    await fleet.acquire("web9");
    const waiting = begin();
    await waiting.said(/waiting for .* held by Chef node web9/);
    const alone = begin("--no-chef", "--target", "other");
    waiting.child.kill("SIGINT");
    await waiting.ended;
    await alone.said("begun");
    alone.write("go on\n");
    expect((await alone.ended).code).to.equal(0);
    await fleet.release("web9");
  });

  it("run can be told which, and refuses what the cookbook could not match", async () => {
    const { path } = await shared();
    const run = (...options: string[]) =>
      see("run", "fresh", ...options, "--", "sh", "-c", "echo done");
    await fleet.acquire("web9");
    const late = await run("--chef", path, "--timeout", "0.2");
    expect(late.code).to.equal(4);
    await fleet.release("web9");
    expect((await run("--chef", path)).stdout).to.equal("done\n");
    const again = await run("--chef", `${path}-2`);
    expect(again.code).to.equal(0);
    const which = await run();
    expect(which.code).to.equal(2);
    expect(which.stderr).to.contain(
      `goes with several Chef locks: ${path}-2, ${path}\n`,
    );
    for (const wrong of ["web", "/", "/lock/wéb", "/lock//web"]) {
      const refused = await run("--chef", wrong);
      expect([refused.code, refused.stdout]).to.deep.equal([2, ""]);
    }
    const data = await run("--chef", path, "--data", "häst");
    expect(data.stderr).to.match(/^locked-action: --data: expected printable/);
  });

  it("hold says that it does not stop Chef nodes", async () => {
    const { name, path } = await shared();
    const text = await see("hold", name, "-m", "incident");
    expect([text.code, text.stdout]).to.deep.equal([
      ...[0, `${name} is on hold: incident\n`],
    ]);
    expect(text.stderr).to.equal(
      `Chef nodes are not stopped by it: they use ${path}\n`,
    );
    const json = await see("hold", name, "-m", "incident", "--json");
    expect(json.stderr).to.equal("");
    const { warning } = changeJson.parse(JSON.parse(json.stdout));
    expect(warning).to.contain(path);
    expect(await fleet.acquire("web9")).to.equal(true);
    await fleet.release("web9");
  });

  it("set makes a lock forget the Chef locks that it went with", async () => {
    const { name } = await shared();
    await fleet.acquire("web9");
    const set = await see("set", name, "--no-chef", "-m", "all have moved");
    expect(set.stdout).to.equal(`${name}: goes with no Chef lock any more\n`);
    expect((await see("list")).stdout).to.match(
      new RegExp(`^${name} +0/1 +free`, "m"),
    );
    const history = await see("history", name);
    expect(history.stdout).to.contain("no Chef lock: all have moved");
    const again = await see("set", name, "--no-chef", "--json");
    const change = changeJson.parse(JSON.parse(again.stdout));
    expect(change.changed).to.equal(false);
    await fleet.release("web9");
  });

  it("clear frees the Chef lock, and says so when it was another's by then", async () => {
    const { name, path, chef } = await shared();
    const clear = async () => {
      const held = await locks.live(name, "web1", chef);
      await held.abandon();
      return ["clear", name, "--holder", held.id, "-m", "why", "-y"];
    };
    const first = await see(...(await clear()), "--json");
    expect(changeJson.parse(JSON.parse(first.stdout)).warning).to.equal(null);
    expect(await fleet.acquire("web9")).to.equal(true);
    await fleet.release("web9");
    const words = await clear();
    await (await locks.session()).remove(path);
    await fleet.acquire("web9");
    const second = await see(...words);
    expect(second.code).to.equal(0);
    expect(second.stderr).to.contain(`the Chef lock ${path} was not`);
    expect(await fleet.release("web9")).to.equal(true);
    const gone = await fleet.release("web9").catch((error: ChefError) => error);
    expect((gone as ChefError).kind).to.equal("NotOurs");
  });

  it("clear --chef frees the lock of a dead Chef node, and clear --waiter what strays among the waiters", async () => {
    const { name, path, chef } = await shared();
    expect(await fleet.acquire("web9")).to.equal(true);
    const waiting = await locks.waiting(name, "web1", chef);
    const why = ["-m", "web9 was scrapped", "--yes", "--json"];
    const none = await see("clear", name, "--chef", "/lock/no", ...why);
    expect(none.code).to.equal(3);
    const both = await see("clear", name, "--chef", path, "--holder", "x");
    expect(both.code).to.equal(2);
    const cleared = await see("clear", name, "--chef", path, ...why);
    expect(changeJson.parse(JSON.parse(cleared.stdout)).changed).to.equal(true);
    const held = await waiting.granted;
    const history = await see("history", name);
    expect(history.stdout).to.contain("web9 was scrapped");

    const session = await locks.session();
    const waiters = `${held.lock}/waiters`;
    await session.create(`${waiters}/stray`);
    const shown = await see("show", name);
    expect(shown.stdout).to.contain(`${waiters}/stray is no part of a lock`);
    await see("clear", name, "--waiter", "stray", ...why);
    const left = (await session.getChildren(waiters)).children;
    expect(left).to.deep.equal([]);
    await held.release();
  });
});
