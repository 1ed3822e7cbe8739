import fs from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { guardedHost } from "./guarded-host";
import { needsPrivateHosts, startPrivateHost } from "./private-host";

/** An account of the host that has no right to act tries to decide what becomes of the acts of others. */
describe("a hostile account on the host", () => {
  const at = guardedHost();
  const { guarded, acting, seen } = at;

  needsPrivateHosts();

  const start = async (mounts: string[] = []) => {
    const host = await startPrivateHost(
      at.sandbox,
      [
        { name: "one", sudo: "ALL=(ALL) NOPASSWD: ALL" },
        { name: "evil" },
        { name: "homeless", sudo: "ALL=(ALL) NOPASSWD: ALL" },
      ],
      { mounts },
    );
    const [one, evil] = await Promise.all(
      ["one", "evil"].map((name) => at.pool.lease(host.connection(name))),
    );
    const attack = (body: string) => evil!.run({ body, timeout: 20 });
    return { host, one: one!, attack };
  };

  /** Whatever it may write, in each place that there is or was, under each name. */
  const FORGE = (key: string, runId: string) => `
    mkdir -m 1777 /run/lock/locked-action; cd /run/lock/locked-action || exit 1
    for u in 0 47001 47002 evil; do
      echo "9223372036854775807 ${runId} finished 0 1 2" >"${key}@$u.run"
      echo ${runId} >"${key}@$u.revoked"
    done
    mkfifo ${key}.lock; mkdir /run/lock/locked-action-47001
    mkdir /run/locked-action/x; echo ${runId} >/run/locked-action/${key}.revoked
    mkdir ~one/.cache; true`;

  for (const sudo of [true, false])
    it(`forges no end, revokes nothing, and turns no guard off (${sudo ? "root" : "a user"})`, async () => {
      const { host, one, attack } = await start();
      const rights = sudo ? { sudo } : {};
      const dir = path.join(host.dir, "home-one");
      const [begun, go, order] = ["begun", "go", "order"].map((name) =>
        path.join(dir, name),
      );
      await attack(FORGE("key", "run-1"));
      const first = one.run(
        guarded(
          "key",
          "run-1",
          acting(begun!, go!, `echo 1 >>${order}; exit 7`),
          rights,
        ),
      );
      await seen(begun!);
      await attack(FORGE("key", "run-1"));
      const second = one.run(
        guarded("key", "run-2", `echo 2 >>${order}`, rights),
      );
      expect(
        await one.run(
          guarded("key", "run-3", "true", { ...rights, timeout: 1 }),
        ),
      ).to.include({ kind: "timeout", started: false });
      fs.writeFileSync(go!, "");
      expect(await first).to.include({ kind: "exit", code: 7 });
      expect(await second).to.include({ kind: "exit", code: 0 });
      expect(fs.readFileSync(order!, "utf8")).to.equal("1\n2\n");
      const guard = { key: "key", runId: "run-1" };
      expect(await one.fateOf(guard, 9, rights)).to.deep.equal({
        state: "finished",
        exit: 7,
      });
      one.release();
    });

  it("redirects nothing: no file of another's is written", async () => {
    const { host, one, attack } = await start();
    const victim = path.join(host.dir, "home-one", "victim");
    fs.writeFileSync(victim, "mine\n");
    fs.chownSync(victim, 47_001, 47_001);
    await attack(`mkdir -m 777 /run/lock/locked-action; cd /run/lock/locked-action
      for f in key.lock key@0.run key@47001.run key@0.revoked key@47001.revoked; do ln -s ${victim} $f; done
      ln -s ${path.dirname(victim)} /run/lock/locked-action-47001`);
    for (const rights of [{}, { sudo: true }]) {
      const ended = await one.run(guarded("key", "run-1", "exit 3", rights));
      expect(ended).to.include({ kind: "exit", code: 3 });
      await one.awaitGuard("key", 9, { ...rights, revoke: "x" });
    }
    expect(fs.readFileSync(victim, "utf8")).to.equal("mine\n");
    one.release();
  });

  it("in the only place of an account without a home, makes it refuse, with path and owner, before the body", async () => {
    const { host, attack } = await start([
      "chown 0 $dir/home-homeless",
      "chmod 755 $dir/home-homeless",
    ]);
    await attack("mkdir /run/lock/locked-action-47003");
    const homeless = await at.pool.lease(host.connection("homeless"));
    const result = await homeless.run(guarded("key", "run-1", "echo ran"));
    expect(result).to.include({ started: false, stdout: "" });
    expect(result.stderr).to.contain(
      "/run/lock/locked-action-47003 belongs to UID 47002",
    );
    homeless.release();
  });
});
