import { expect } from "chai";
import fs from "node:fs";
import path from "node:path";
import { clear, lockPath } from "../../core/lock";
import { eventually } from "../support/eventually";
import {
  errorsOf,
  openScene,
  type Actions,
  type Args,
  type Scene,
} from "../support/scene";
import type { Stack } from "../support/stack";
import { resourcesOf, Told, type ResourceState } from "../support/told";

// One host, one service and one lock for each row: nothing but the row tells them apart.
const ROWS = [
  ...["new", "record", "same", "trigger", "command", "stdin", "environ"],
  ...["always", "target", "moved", "parts", "owedlock", "creds", "owed"],
  ...["byhand", "gone", "stays", "cleared", "alias", "renamed"],
];
const FAILING = [
  ...["target", "owedlock", "owed", "byhand", "gone", "stays", "cleared"],
];
const PARALLEL = 32;

describe("when it runs, row by row", () => {
  let scene: Scene;
  let stack: Stack;
  before(async () => {
    scene = await openScene(ROWS);
  });
  after(() => scene.stop());

  const file = (host: string, name: string) =>
    path.join(scene.fleet.host(host).dir, name);
  const toxic = (host: string) => file(host, "toxic");
  const begun = (host: string) => file(host, "begun");
  /** While it is there, those that are to fail are at it. */
  const hold = () => path.join(scene.sandbox.dir, "hold");
  /** How often somebody logged in. */
  const logins = (host: string) =>
    fs.readFileSync(file(host, "sshd.log"), "utf8").split("Accepted publickey")
      .length - 1;
  const acts = (host: string) =>
    scene.service(host).acts.filter((act) => act.startsWith("restart")).length;
  const holders = async (name: string) => (await scene.lock(name)).holders;

  /** A restart that fails as long as its host is toxic; `over` as for `scene.restart`. */
  const row = (host: string, over: Record<string, unknown> = {}): Args => {
    const { control } = scene.service(host);
    const { action, lock, ...rest } = over;
    return scene.restart(host, {
      action: {
        command: `[ ! -e ${toxic(host)} ] || { : >${begun(host)}; while [ -e ${hold()} ]; do sleep 0.02; done; exit 3; }; ${control} restart`,
        ...(action as object),
      },
      lock: { name: host, ...(lock as object) },
      ...rest,
    });
  };

  const pair = { name: "pair", maxHolders: 2, maxFailures: 3 };
  const first = (): Actions => ({
    ...Object.fromEntries(ROWS.map((host) => [host, row(host)])),
    record: row("record", { onCreate: "record" }),
    stdin: row("stdin", { action: { stdin: "one" } }),
    environ: row("environ", { action: { environment: { V: "1" } } }),
    always: row("always", { always: true }),
    gone: row("gone", { lock: pair }),
    stays: row("stays", { lock: pair }),
    moved: row("moved", { onCreate: "record" }),
  });

  const second = (): Actions => {
    const { new: made, alias, renamed, ...rest } = first();
    for (const name of ["gone", "cleared"]) delete rest[name];
    const { connection } = row("creds");
    return {
      ...rest,
      new: made!,
      trigger: row("trigger", { triggers: [2] }),
      command: row("command", {
        action: { command: `${scene.service("command").control} restart` },
      }),
      stdin: row("stdin", { action: { stdin: "two" } }),
      environ: row("environ", { action: { environment: { V: "2" } } }),
      target: row("moved", { lock: { name: "target", data: "target" } }),
      parts: row("parts", {
        lock: { name: "other", maxHolders: 2 },
        process: { commandString: "^another$" },
        ...{ gate: { command: "true" }, health: { command: "true" } },
        ...{ drain: { command: "true" }, undrain: { command: "true" } },
      }),
      owedlock: row("owedlock", { lock: { name: "newlock", data: "rack" } }),
      creds: row("creds", {
        connection: { ...(connection as object), port: 1, password: "other" },
        action: { timeout: 31 },
        lock: { name: "creds", timeout: 800, maxWait: 900, retryInterval: 3 },
        logging: "stderr",
      }),
      newname: { ...alias!, options: { aliases: [{ name: "alias" }] } },
      again: renamed!,
    };
  };

  let states: Record<string, ResourceState>;
  const failure = (name: string) =>
    states[name]!.outputs.failure as Record<string, unknown> | undefined;

  it("a new resource: locks, acts, verifies, releases; or only looks", async () => {
    for (const name of FAILING) fs.writeFileSync(toxic(name), "");
    const before = scene.service("record").identity();
    const told = new Told();
    const ended = new Set<string>();
    fs.writeFileSync(hold(), "");
    stack = await scene.openStack("rows", first());
    const running = stack.up({
      parallel: PARALLEL,
      onEvent: (event) => {
        told.onEvent(event);
        if (event.type === "end") ended.add(event.resource.name);
      },
    });
    // a failure stops those that wait: here all have begun before the first one fails
    await eventually("each has ended, or is about to fail", () =>
      ROWS.every((name) =>
        FAILING.includes(name) ? fs.existsSync(begun(name)) : ended.has(name),
      ),
    );
    fs.rmSync(hold());
    const result = await running;
    expect(result.ok).to.equal(false);
    states = await resourcesOf(stack);
    for (const name of ROWS) {
      expect(told.ops[name], name).to.equal("create");
      if (FAILING.includes(name)) continue;
      expect(failure(name), name).to.equal(undefined);
      const recorded = ["record", "moved"].includes(name);
      expect(states[name]!.outputs.outcome, name).to.equal(
        recorded ? "recorded" : "acted",
      );
      expect(acts(name), name).to.equal(recorded ? 0 : 1);
      if (!recorded) expect(await holders(name), name).to.deep.equal([]);
    }
    expect(states.record!.outputs.processAfter).to.deep.equal([before]);
    for (const name of FAILING) {
      expect(acts(name), name).to.equal(0);
      expect(failure(name), name).to.deep.include({
        ...{ count: 1, step: "act", phase: "attempted", drained: false },
        reason: `${name}: act: the command: exit 3`,
      });
    }
    const kept = (await holders("pair")).map(({ state }) => state);
    expect(kept).to.deep.equal(["failed", "failed"]);
  });

  it("refresh: what is owed stays owed", async () => {
    const result = await stack.refresh();
    expect(result.ok).to.equal(true);
    const after = await resourcesOf(stack);
    for (const name of ROWS)
      expect(after[name]!.outputs, name).to.deep.equal(states[name]!.outputs);
  });

  it("preview: no network, and says why", async () => {
    const counts = ROWS.map(logins);
    await scene.setActions(stack, second());
    const told = new Told();
    await scene.zookeeper.kill();
    const result = await stack.preview({ onEvent: told.onEvent });
    expect(errorsOf(result)).to.equal("");
    expect(ROWS.map(logins)).to.deep.equal(counts);
    await scene.zookeeper.restart();
    const says: Record<string, RegExp> = {
      trigger:
        /^will run the command under lock trigger \(group trigger\): triggers or action changed; last verified 20/,
      owed: /^will verify first, and if still owed run the command under lock owed \(group owed\): owed since 20.*: act failed once/,
      target: /the target is moved, was target/,
      parts:
        /^touches no host: lock changed; process changed; gate changed; health changed; drain changed; undrain changed; last verified 20/,
      again: /^will run the command under lock renamed \(group renamed\): new$/,
    };
    for (const [name, line] of Object.entries(says))
      expect(told.lines[name]?.join("\n"), name).to.match(line);
    expect(told.lines.same).to.equal(undefined);
    expect(told.ops).to.deep.include({ gone: "delete", creds: "same" });
  });

  it("removed: exactly its own lock is released, and no host is touched", async () => {
    const others = (await holders("pair")).filter(
      ({ record }) => record?.target === "stays",
    );
    expect(others).to.have.length(1);
    const counts = ROWS.map(logins);
    const { urn } = states.gone!;
    const result = await stack.up({ target: [urn] });
    expect(errorsOf(result)).to.equal("");
    expect(result.summary.delete).to.equal(1);
    expect((await holders("pair")).map(({ id }) => id)).to.deep.equal(
      others.map(({ id }) => id),
    );
    expect(ROWS.map(logins)).to.deep.equal(counts);
  });

  it("another `up`: each resource does what its change asks for", async () => {
    for (const name of FAILING) fs.rmSync(toxic(name));
    scene.service("byhand").byHand("restart");
    const { holder } = states.cleared!.outputs.lock as { holder: string };
    await scene.withSession((session) =>
      clear(session, lockPath("/locked-action", "cleared"), holder, {
        by: "test",
        why: "no repair",
      }),
    );
    upgrade();
    const before = new Map(ROWS.map((name) => [name, acts(name)]));
    const seen = new Map(ROWS.map((name) => [name, logins(name)]));
    const told = new Told();
    const result = await stack.up({
      parallel: PARALLEL,
      onEvent: told.onEvent,
    });
    expect(errorsOf(result)).to.equal("");
    states = await resourcesOf(stack);

    const acted = ["trigger", "command", "stdin", "environ", "always"];
    const repaired = ["owed", "owedlock", "stays"];
    const untouched = ["new", "record", "same", "creds", "alias"];
    for (const name of [...acted, ...repaired]) {
      expect(told.ops[name], name).to.equal("update");
      expect(acts(name), name).to.equal(before.get(name)! + 1);
      expect(failure(name), name).to.equal(undefined);
    }
    for (const name of [...untouched, "parts"]) {
      expect(acts(name), name).to.equal(before.get(name));
      expect(logins(name), name).to.equal(seen.get(name));
    }
    for (const name of ["new", "record", "same", "creds", "newname"])
      expect(told.ops[name], name).to.equal("same");
    expect(told.ops.parts).to.equal("update");
    expect(states.parts!.outputs.lock).to.deep.include({
      ...{ name: "other", maxHolders: 2 },
    });
    expect(told.ops).to.deep.include({ renamed: "delete", again: "create" });
    expect(acts("renamed")).to.equal(2);
    // removed; its lock had been cleared by an operator
    expect(told.ops.cleared).to.equal("delete");
  });

  it("restarted by hand meanwhile: nothing is owed any more", async () => {
    expect(acts("byhand")).to.equal(1); // the test's own
    expect(states.byhand!.outputs).to.deep.include({
      outcome: "alreadyRestarted",
      processAfter: [scene.service("byhand").identity()],
    });
    expect(await holders("byhand")).to.deep.equal([]);
  });

  it("another target: the lock kept for the old one is released, the new one is acted on", async () => {
    expect(acts("target")).to.equal(0);
    expect(acts("moved")).to.equal(1);
    expect(states.target!.outputs).to.deep.include({
      ...{ target: "moved", outcome: "acted" },
    });
    expect(states.target!.outputs).not.to.have.any.keys("kept", "failure");
    expect(await holders("target")).to.deep.equal([]);
  });

  it("another lock while it is owed: done under the kept one, the new one counts from then on", async () => {
    expect(states.owedlock!.outputs.lock).to.deep.include({
      ...{ name: "newlock", data: "rack" },
    });
    expect(states.owedlock!.outputs).not.to.have.any.keys("kept", "failure");
    expect(await holders("owedlock")).to.deep.equal([]);
    const made = await scene.withSession((session) =>
      session.exists(lockPath("/locked-action", "newlock")),
    );
    expect(made.code).to.equal("NO_NODE");
  });

  it("nothing changed: nothing but `always`", async () => {
    const counts = ROWS.filter((name) => name !== "always").map(logins);
    const told = new Told();
    const result = await stack.up({
      parallel: PARALLEL,
      onEvent: told.onEvent,
    });
    expect(errorsOf(result)).to.equal("");
    expect(told.count("create", "update", "delete")).to.equal(1);
    expect(told.ops.always).to.equal("update");
    expect(ROWS.filter((name) => name !== "always").map(logins)).to.deep.equal(
      counts,
    );
  });

  it("destroy: touches no host, and fails where a kept lock can't be released", async () => {
    fs.writeFileSync(toxic("always"), "");
    expect((await stack.up()).ok).to.equal(false);
    const [kept] = await holders("always");
    const live = `${kept!.path}/live`;
    await scene.withSession((session) => session.create(live, Buffer.alloc(0)));
    const counts = ROWS.map(logins);
    const refused = await stack.destroy();
    expect(refused.ok).to.equal(false);
    const said = errorsOf(refused);
    expect(said).to.include(
      `always: the lock /locked-action/always could not be released: holder ${kept!.id} is live: its run is at work`,
    );
    expect(said).to.include(
      `locked-action clear always --holder ${kept!.id} -m WHY --servers ${scene.zookeeper.connect}; then delete it again`,
    );
    await scene.withSession((session) => session.remove(live));
    expect(errorsOf(await stack.destroy())).to.equal("");
    expect(await holders("always")).to.deep.equal([]);
    expect(ROWS.map(logins)).to.deep.equal(counts);
  });

  /** Another version of this package. */
  function upgrade(): void {
    const manifest = path.join(
      scene.project.dir,
      "node_modules/pulumi-locked-action/package.json",
    );
    const found = JSON.parse(fs.readFileSync(manifest, "utf8")) as object;
    fs.writeFileSync(manifest, JSON.stringify({ ...found, version: "9.9.9" }));
  }
});
