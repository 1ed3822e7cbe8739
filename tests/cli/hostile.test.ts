import { expect } from "chai";
import { lockPage } from "../../cli/lock-page";
import { describeLock, hold, lockPath } from "../../core/lock";
import type { Context } from "../../cli/context";
import { Sandbox } from "../support/sandbox";
import { openZookeeper, type OpenZookeeper } from "../support/shared-zookeeper";
import { locked } from "./command";
import { Locks, ROOT } from "./locks";

/** A colour, an erased line, a title, a line written over, what turns around, what is not seen. */
const STEERS =
  "\u001b[31m\u001b[2K\u001b]0;owned\u0007\r\u202egnp\u200b\u009b1m";
/** Whatever is no line break or tab, and not seen. */
const unseen = (text: string) =>
  /[\p{Cc}\p{Cf}]/u.exec(text.replace(/[\n\t]/g, ""))?.[0] ?? null;

const evil = (word: string) => `${STEERS}${word}${STEERS}`;

describe("what others wrote into ZooKeeper, in each exit of the command", () => {
  let sandbox: Sandbox;
  let zookeeper: OpenZookeeper;
  let locks: Locks;

  before(async () => {
    sandbox = await Sandbox.create();
    zookeeper = await openZookeeper(sandbox);
    locks = new Locks(zookeeper.connect);
    const facts = {
      ...{ run: evil("run"), from: evil("from"), ci: evil("ci") },
      ...{ action: evil("action"), urn: evil("urn"), runKey: evil("key") },
    };
    const owner = { target: evil("target"), subject: evil("subject") };
    const more = { owner, facts, group: evil("group") };
    const held = await locks.live("web", "x", more);
    const failure = {
      ...{ step: evil("step"), reason: evil("reason") },
      ...{ exit: 1, at: evil("at") },
    };
    await held.fail(failure, { kind: "failed", ...failure });
    await locks.waiting("web", "y", {
      ...{ ...more, owner: { target: evil("waiter"), subject: evil("s") } },
    });
    const session = await locks.session();
    await hold(session, lockPath(ROOT, "web"), {
      ...{ by: evil("by"), why: evil("why") },
    });
    await locks.stale(evil("name"), "z");
  });
  after(async () => {
    await locks.close();
    await sandbox.stop();
  });

  const see = (...args: string[]) =>
    locked(sandbox, [...args, "--servers", zookeeper.connect]);

  for (const [args, word] of [
    [["list"], "web"],
    [["list", "-o", "wide"], "target"],
    [["show", "web"], "reason"],
    [["show", "web", "-o", "wide"], "run"],
    [["show", evil("name")], "name"],
    [["show", evil("nobody")], "nobody"],
    [["history", "web"], "reason"],
    [["history", "web", "-o", "wide"], "urn"],
    [["clear", "web", "--holder", "none", "-m", "x"], ""],
    [["clear", evil("nobody"), "--holder", "none", "-m", "x"], "nobody"],
    [["wait", "web", "--timeout", "0.2"], ""],
    [["run", "web", "--timeout", "0.2", "--", "true"], ""],
    [["hold", "web", "-m", "x"], ""],
    [["set", "web", "--max-holders", "2", "-m", "x"], ""],
    [["unhold", "web", "-m", evil("m")], ""],
    [["doctor"], ""],
    [[evil("command")], "command"],
    [["show", "web", `--${evil("option")}`], "option"],
  ] as [string[], string][])
    it(args.map((arg) => arg.replaceAll(STEERS, "…")).join(" "), async () => {
      const { stdout, stderr } = await see(...args);
      const said = stdout + stderr;
      expect(unseen(said), JSON.stringify(said)).to.equal(null);
      expect(said).to.contain(word);
    });

  it("has the colours of ours alone on a terminal, whatever a text begins with", async () => {
    const session = await locks.session();
    const view = (await describeLock(session, ROOT, "web"))!;
    const paint = (style: string, text: string) => `<${style}>${text}</>`;
    const where = { servers: { text: zookeeper.connect }, root: ROOT };
    const context = { paint, where, wide: true, options: {} };
    const page = lockPage(context as unknown as Context, view);
    expect(unseen(page), JSON.stringify(page)).to.equal(null);
    expect(page).to.match(/state +<red>failed<\/>/);
    expect(page).to.match(/blocked +<red>by failures: /);
  });
});
