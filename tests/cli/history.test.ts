import { expect } from "chai";
import os from "node:os";
import type { z } from "zod";
import { historyJson } from "../../cli/json";
import { ciJob } from "../../provider/ci";
import { command, RESTART, Rig } from "../action/rig";
import { locked } from "./command";

type Entry = z.infer<typeof historyJson>;

const CI = {
  GITHUB_SERVER_URL: "https://ci.example.com",
  GITHUB_REPOSITORY: "fleet/web",
  GITHUB_RUN_ID: "4711",
};
const JOB = "https://ci.example.com/fleet/web/actions/runs/4711";
const URN =
  "urn:pulumi:prod::fleet::pulumi-nodejs:dynamic:LockedAction::restart-web1";

/** Real actions on a real host, and operators' acts; then what is told of them. */
describe("the history of a lock, for people and for programs", () => {
  let rig: Rig;
  let name: string;
  let entries: Entry[];
  let text: string;

  const see = (...args: string[]) =>
    locked(rig.sandbox, [...args, "--servers", rig.zookeeper.connect]);

  before(async () => {
    rig = await Rig.start(["web1"]);
    name = rig.newLock();
    const facts = {
      ...{ from: "deployer@ci7", action: "command 3fa9", urn: URN },
      ...{ ci: ciJob(CI)! },
    };
    const lock = rig.lock(name);
    const spec = (text: string) =>
      rig.spec({ lock, facts, act: command(text), runKey: "key-1" });
    await rig.run(rig.spec({ act: command(RESTART) })); // it runs, and has an identity
    await rig.run(spec(RESTART));
    const failed = spec("exit 3");
    const outcome = await rig.run(failed);
    const { holder } = outcome.kept!;
    await see("clear", name, "--holder", holder, "-m", "mended by hand", "-y");
    await see("hold", name, "-m", "incident 4711");
    await see("unhold", name, "-m", "over");
    await see("set", name, "--max-failures", "2", "-m", "canaries");
    await locked(
      rig.sandbox,
      ["run", name, "--servers", rig.zookeeper.connect, "--", "true"],
      { env: { BUILD_URL: "https://jenkins.example.com/7" } },
    );
    const { stdout } = await see("history", name, "--json");
    entries = stdout
      .trimEnd()
      .split("\n")
      .map((line) => historyJson.parse(JSON.parse(line)));
    text = (await see("history", name, "-o", "wide")).stdout;
  });
  after(() => rig.stop());

  const of = (kind: Entry["kind"]) =>
    entries.filter((entry) => entry.kind === kind);

  it("has one record for each action and each act, in their order", () => {
    expect(entries.map(({ kind }) => kind)).to.deep.equal([
      ...["acted", "failed", "cleared", "hold", "unhold", "limits", "acted"],
    ]);
    const times = entries.map(({ at }) => at);
    expect(times).to.deep.equal([...times].sort());
  });

  it("of an action: who, from where, for which stack, in which CI job, what, and how long", () => {
    const [acted] = of("acted");
    expect(acted).to.deep.include({
      ...{ lock: name, by: "deployer@ci7", urn: URN, ci: JOB },
      ...{ target: "web1", subject: "daemon", action: "command 3fa9" },
      ...{ exit: 0, step: null, reason: null },
    });
    expect(acted!.run).to.match(/\S/);
    expect(acted!.holder).to.match(/^[0-9a-f]{16}-[0-9a-f]{16}$/);
    expect(acted!.fencingToken).to.match(/^\d+$/);
    expect(acted!.waitedSeconds).to.be.within(0, 60);
    expect(acted!.heldSeconds).to.be.within(0.001, 60);
  });

  it("of an action: the identities before and after it", () => {
    const [{ before, after } = {} as Entry] = of("acted");
    const identity = /^[0-9a-f-]{36}\/\d+\/\d+$/;
    expect(before).to.have.length(1);
    expect(after).to.have.length(1);
    expect(before![0]).to.match(identity);
    expect(after![0]).to.match(identity);
    expect(after).not.to.deep.equal(before);
  });

  it("of a failure: the step, the exit code, and why", () => {
    const [failed] = of("failed");
    expect(failed).to.deep.include({ step: "act", exit: 3, urn: URN, ci: JOB });
    expect(failed!.reason).to.be.a("string");
    expect(failed!.before).to.deep.equal(of("acted")[0]!.after);
  });

  it("of an operator's act: who, from where, what, and why", () => {
    const me = `${os.userInfo().username}@${os.hostname()}`;
    const acts = entries
      .slice(2, 6)
      .map(({ kind, by, reason }) => [...[kind, by, reason]]);
    expect(acts).to.deep.equal([
      ["cleared", me, "mended by hand"],
      ["hold", me, "incident 4711"],
      ["unhold", me, "over"],
      ["limits", me, "maxFailures 2: canaries"],
    ]);
    const [cleared] = of("cleared");
    expect(cleared!.holder).to.equal(of("failed")[0]!.holder);
    expect(cleared).to.deep.include({ target: "web1", urn: URN });
  });

  it("of a script's run: its machine and its CI job", () => {
    const run = of("acted")[1]!;
    expect(run.ci).to.equal("https://jenkins.example.com/7");
    expect(run.action).to.match(/^run true [0-9a-f]{12}$/);
  });

  it("says the same as text", () => {
    const rows = text.trimEnd().split("\n");
    expect(rows).to.have.length(entries.length + 1);
    const [, acted = "", failed = ""] = rows;
    const { before, after, holder, fencingToken } = of("acted")[0]!;
    for (const part of [
      ...["acted", "web1", "command 3fa9", "deployer@ci7", URN, JOB],
      ...[before![0], after![0], holder, fencingToken],
    ])
      expect(acted).to.contain(part);
    expect(failed).to.match(/failed .* step act: exit 3: /);
    expect(rows[3]).to.match(/cleared .* mended by hand$/);
  });
});
