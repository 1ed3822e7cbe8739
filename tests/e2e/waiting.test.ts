import { expect } from "chai";
import { setTimeout as pause } from "node:timers/promises";
import { acquire, type Held } from "../../core/lock";
import { createSessionPool, type SessionPool } from "../../core/zookeeper/pool";
import type { Session } from "../../core/zookeeper/session";
import { eventually } from "../support/eventually";
import { errorsOf, openScene, type Scene } from "../support/scene";
import { resourcesOf } from "../support/told";

describe("a lock that is waited for while its holders change", () => {
  let scene: Scene;
  let pool: SessionPool;
  let session: Session;
  before(async () => {
    scene = await openScene(["patient", "bounded"]);
    pool = createSessionPool();
    ({ session } = await pool.lease({ servers: scene.zookeeper.connect }));
  });
  after(async () => {
    await pool.close();
    await scene.stop();
  });

  /** web9, of another stack, takes the lock: again and again another holder. */
  const take = (name: string): Promise<Held> =>
    acquire(session, {
      ...{ root: "/locked-action", name, group: "web9" },
      owner: { target: "web9", subject: "app" },
      limits: { maxHolders: 1, maxPerGroup: null, maxFailures: 1 },
      facts: { run: "1", from: "user@ci", action: "restart app" },
      ...{ timeout: 20, maxWait: 20, retryInterval: 0, ownerGrace: 0 },
      onFailedHolder: "fail",
    });

  const change = async (held: Held, name: string, until: () => boolean) => {
    for (let now = held; ; now = await take(name)) {
      await pause(100);
      if (until()) return now.release();
      await now.abandon();
    }
  };

  it("goes on beyond lock.timeout, and ends with lock.maxWait", async () => {
    const timeout = 4; // each holder is followed by the next sooner, also on a slow machine
    let enough = false;
    let ended = false;
    const busy = change(await take("patient"), "patient", () => enough);
    const never = change(await take("bounded"), "bounded", () => ended);
    const open = (name: string, limits: object) =>
      scene.openStack(name, {
        [name]: scene.restart(name, { lock: { name, ...limits } }),
      });
    const patient = await open("patient", { timeout, ownerGrace: 60 });
    const bounds = { timeout: 60, maxWait: 1.5, ownerGrace: 60 };
    const bounded = await open("bounded", bounds);
    const acts = scene.service("bounded").acts.length;
    const waiting = patient.up();
    const refused = await bounded.up().finally(() => (ended = true));
    await eventually("`patient` waits", async () => {
      const { waiters } = await scene.lock("patient");
      return waiters.length === 1;
    });
    const since = performance.now();
    await eventually("it has waited for longer than lock.timeout", () => {
      return performance.now() - since > timeout * 1100;
    });
    enough = true;
    const well = await waiting;
    await Promise.all([busy, never]);

    expect(errorsOf(well)).to.equal("");
    const { outputs } = (await resourcesOf(patient)).patient!;
    expect(outputs.outcome).to.equal("acted");
    const { waited } = outputs.lock as { waited: number };
    expect(waited).to.be.above(timeout);

    expect(errorsOf(refused)).to.match(
      /bounded: lock: bounded: not got in \d+ s: held by web9 \(app\), .*\(place 1 of 1 in the queue\)/,
    );
    expect(errorsOf(refused)).to.include(
      "lock.maxWait (1.5 s) was over, whatever changed in it",
    );
    const owed = (await resourcesOf(bounded)).bounded!.outputs;
    expect(owed.failure).to.deep.include({
      ...{ step: "lock", phase: "owed", count: 1, drained: false },
    });
    expect(owed).not.to.have.any.keys("kept");
    expect(scene.service("bounded").acts).to.have.length(acts);

    expect(errorsOf(await bounded.up())).to.equal("");
    for (const name of ["patient", "bounded"]) {
      const { holders, waiters } = await scene.lock(name);
      expect([...holders, ...waiters], name).to.deep.equal([]);
    }
  });
});
