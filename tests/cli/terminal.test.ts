import { expect } from "chai";
import { stripVTControlCharacters } from "node:util";
import { eventually } from "../support/eventually";
import { Sandbox } from "../support/sandbox";
import { openZookeeper, type OpenZookeeper } from "../support/shared-zookeeper";
import { Locks } from "./locks";
import {
  ALTERNATE_SCREEN,
  CTRL_C,
  FIRST_SCREEN,
  HOME,
  startInTerminal,
} from "./terminal";

const RED = "\u001b[31m";

describe("on a terminal", () => {
  let sandbox: Sandbox;
  let zookeeper: OpenZookeeper;
  let locks: Locks;
  const start = (args: string[], env: Record<string, string> = {}) =>
    startInTerminal(sandbox, [...args, "--servers", zookeeper.connect], env);
  const holder = async (name: string) => (await locks.failed(name, "web1")).id;

  before(async () => {
    sandbox = await Sandbox.create();
    zookeeper = await openZookeeper(sandbox);
    locks = new Locks(zookeeper.connect);
  });
  after(async () => {
    await locks.close();
    await sandbox.stop();
  });

  it("watches all locks on one page that redraws itself, and leaves the terminal as it was", async () => {
    const watch = start(["watch"]);
    await watch.said(ALTERNATE_SCREEN);
    await eventually("an empty page", () => watch.page().includes("no locks"));
    const held = await locks.live("page", "web1");
    const row = () => watch.page().find((line) => line.startsWith("page"));
    await eventually("a live holder", () => row()?.includes("live"));
    await held.fail({
      ...{ step: "act", reason: "no", at: new Date().toISOString() },
    });
    await eventually("a failed one", () => row()?.includes("failures"));
    watch.write(CTRL_C);
    const { code, stdout } = await watch.ended;
    expect(code).to.equal(0);
    const after = stdout.split(FIRST_SCREEN)[1];
    expect(after, "the last page stays").to.match(/^[^]*\npage +1\/1/);
    expect(stdout).to.contain("\u001b[?25h", "the cursor is back");
  });

  it("watches one lock by its page, until it is gone", async () => {
    await holder("one");
    const watch = start(["watch", "one"]);
    await watch.said("what to do next");
    const session = await locks.session();
    const path = "/locked-action/one";
    const { children = [] } = await session.getChildren(`${path}/holders/0`);
    const nodes = [`/holders/0/${children[0]}`, "/holders/0", "/holders"];
    const { children: records = [] } = await session.getChildren(
      `${path}/history`,
    );
    for (const record of records) nodes.push(`/history/${record}`);
    for (const node of [...nodes, "/history", "/waiters", ""])
      expect((await session.remove(path + node)).code).to.equal("OK");
    await watch.said("one  is gone");
    watch.write(CTRL_C);
    expect((await watch.ended).code).to.equal(0);
  });

  it("redraws at most five times a second, however much happens", async () => {
    const session = await locks.session();
    await (await locks.live("busy", "web1", {}, session)).release();
    const watch = start(["watch", "busy"]);
    await watch.said(ALTERNATE_SCREEN);
    const began = performance.now();
    for (let i = 0; i < 100; i++)
      await (await locks.live("busy", "web1", {}, session)).release();
    const seconds = (performance.now() - began) / 1000;
    const drawn = watch.stdout().split(HOME).length - 1;
    watch.write(CTRL_C);
    await watch.ended;
    // five for changes, one for the ages
    expect(drawn).to.be.lessThan(6 * (seconds + 1) + 2);
  });

  it("cuts the page to the rows that there are, and draws anew when they change", async () => {
    await holder("long");
    const watch = start(["watch", "long"]);
    await watch.said("what to do next");
    await watch.resize(8, 60);
    await eventually("eight rows", () => watch.page().length === 8);
    expect(watch.page().at(-1)).to.match(/^… \d+ more lines$/);
    watch.write(CTRL_C);
    await watch.ended;
  });

  it("asks before it clears, and takes only yes for yes", async () => {
    const id = await holder("ask");
    const clear = ["clear", "ask", "--holder", id, "-m", "why"];
    const no = start(clear);
    await no.said("clear this holder of ask? (y/N)");
    expect(stripVTControlCharacters(no.stdout())).to.match(
      /holder web1 .*\r\n +state +failed, step verify/,
    );
    no.write("\n");
    expect((await no.ended).code).to.equal(6);
    expect(no.stdout()).to.contain("not confirmed: nothing was changed");
    const yes = start(clear);
    await yes.said("(y/N)");
    yes.write("y\n");
    expect((await yes.ended).code).to.equal(0);
    expect(yes.stdout()).to.contain(`cleared holder ${id}`);
  });

  it("asks for the reason too, and ends on Ctrl-C with nothing changed", async () => {
    const id = await holder("why");
    const first = start(["clear", "why", "--holder", id]);
    await first.said("why (kept in history):");
    first.write("because\n");
    await first.said("(y/N)");
    first.write(CTRL_C);
    expect((await first.ended).code).to.equal(130);
    const held = start(["hold", "why"]);
    await held.said("why (kept in history):");
    held.write("because\n");
    expect((await held.ended).stdout).to.contain("why is on hold: because");
  });

  it("paints what failed red, unless told not to", async () => {
    await holder("red");
    const painted = await start(["show", "red"]).ended;
    expect(painted.stdout).to.contain(`${RED}failed`);
    const plain = [
      start(["show", "red", "--no-color"]),
      start(["show", "red"], { NO_COLOR: "1" }),
      start(["show", "red"], { TERM: "dumb" }),
    ];
    for (const { ended } of plain)
      expect((await ended).stdout).not.to.contain("\u001b");
  });
});
