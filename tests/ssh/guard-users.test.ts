import fs from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { startPrivateHost, needsPrivateHosts } from "./private-host";
import { guardedHost } from "./guarded-host";

describe("the guard on the host, between its users", () => {
  const at = guardedHost();
  const { guarded, acting, seen } = at;

  needsPrivateHosts();

  const start = (mounts: string[] = [], config: string[] = []) =>
    startPrivateHost(
      at.sandbox,
      [{ name: "one", sudo: "ALL=(ALL) NOPASSWD: ALL" }, { name: "two" }],
      { mounts, config },
    );

  it("is root's for every user, and each user's own beside it", async () => {
    const shared = await start();
    const [one, two] = await Promise.all(
      ["one", "two"].map((name) => at.pool.lease(shared.connection(name))),
    );
    const [begun, go] = ["begun", "go"].map((name) =>
      path.join(shared.dir, "home-one", name),
    );
    const short = { timeout: 1 };
    const blocked = { kind: "timeout", started: false };
    const first = one!.run(
      guarded("key", "run-1", acting(begun!, go!), { sudo: true }),
    );
    await seen(begun!);
    for (const user of [one!, two!])
      expect(await user.run(guarded("key", "run-2", "true", short))).to.include(
        blocked,
      );
    expect(await two!.awaitGuard("key", 1)).to.deep.equal({
      state: "running",
      runId: "run-1",
    });
    fs.writeFileSync(go!, "");
    await first;
    await two!.run(guarded("key", "run-4", "exit 4"));
    const newest = { state: "finished", runId: "run-4", exit: 4 };
    expect(await two!.awaitGuard("key", 9)).to.deep.equal(newest);
    // what another user wrote is no record
    const roots = { state: "finished", runId: "run-1", exit: 0 };
    expect(await one!.awaitGuard("key", 9)).to.deep.equal(roots);
    expect(await one!.awaitGuard("key", 9, { sudo: true })).to.deep.equal(
      roots,
    );
    one!.release();
    two!.release();
  });

  it("lies in the user's own home where /run/lock is closed, and still counts when it opens", async () => {
    const closed = await start(["chmod 755 /run/lock"]);
    const one = await at.pool.lease(closed.connection("one"));
    const [begun, go] = ["begun", "go"].map((name) =>
      path.join(closed.dir, "home-one", name),
    );
    const first = one.run(guarded("key", "run-1", acting(begun!, go!)));
    await seen(begun!);
    expect(
      fs.existsSync(
        path.join(closed.dir, "home-one/.cache/locked-action/key.lock"),
      ),
    ).to.equal(true);
    await one.run({ body: "chmod 1777 /run/lock", timeout: 9, sudo: true });
    const second = await one.run(
      guarded("key", "run-2", "true", { timeout: 1 }),
    );
    expect(second).to.include({ kind: "timeout", started: false });
    fs.writeFileSync(go!, "");
    await first;
    expect(await one.run(guarded("key", "run-3", "true"))).to.include({
      kind: "exit",
      code: 0,
    });
    expect(await one.awaitGuard("key", 9)).to.include({ runId: "run-3" });
    one.release();
  });

  it("is missed where the host has no flock, and the output says so", async () => {
    const bare = await start(["mount --bind /dev/null /usr/bin/flock"]);
    const one = await at.pool.lease(bare.connection("one"));
    const result = await one.run(guarded("key", "run-1", "exit 3"));
    expect(result).to.include({
      kind: "exit",
      code: 3,
      stderr:
        "locked-action: this host has no flock: two runs could act at once\n",
    });
    expect(await one.awaitGuard("key", 9)).to.deep.equal({
      state: "unavailable",
      reason: "the host has no flock",
    });
    one.release();
  });

  it("cannot be told where the user has no place for it, and the output says so", async () => {
    const bare = await start(["chmod 755 /run/lock"], ["SetEnv HOME=/proc"]);
    const one = await at.pool.lease(bare.connection("one"));
    const result = await one.run(guarded("key", "run-1", "exit 3"));
    expect(result).to.include({
      kind: "exit",
      code: 3,
      stderr:
        "locked-action: this host has no place for a guard: two runs could act at once\n",
    });
    for (const options of [{}, { revoke: "run-1" }])
      expect(await one.awaitGuard("key", 9, options)).to.deep.equal({
        state: "unavailable",
        reason: "the host has no place for a guard",
      });
    one.release();
  });

  it("lets nothing begin of which it could keep no record", async () => {
    const full = await start([
      "mkdir -m 700 $dir/home-one/.cache",
      "mount -t tmpfs -o mode=700,uid=47001,size=4096 none $dir/home-one/.cache",
      "head -c 4096 /dev/zero >$dir/home-one/.cache/full",
    ]);
    const one = await at.pool.lease(full.connection("one"));
    const never = path.join(full.dir, "home-one", "never");
    const result = await one.run(guarded("key", "run-1", `touch ${never}`));
    expect(result).to.deep.equal({
      kind: "exit",
      code: 99,
      started: false,
      stdout: "",
      stderr: `locked-action: ${full.dir}/home-one/.cache/locked-action cannot be written, so nobody could tell what became of this run\n`,
    });
    expect(fs.existsSync(never)).to.equal(false);
    one.release();
  });
});
