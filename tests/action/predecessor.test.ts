import { expect } from "chai";
import { acquire } from "../../core/lock";
import { ownerKey, lockPath } from "../../core/lock/tree/paths";
import type { HolderRecord } from "../../core/lock/types";
import type { ActionSpec } from "../../core/action/types";
import { command, count, Rig, succeeded } from "./rig";

const RUN = "0f1e2d3c-0000-0000-0000-000000000000";

describe("an act of a killed run", () => {
  let rig: Rig;
  before(async () => void (rig = await Rig.start(["web1"])));
  after(() => rig.stop());
  beforeEach(() => rig.remove("web1", "acts"));

  const acts = () => count(rig.read("web1", "acts"));
  const act = command('cd "$LOCKED_ACTION_HOST_DIR"; echo act >> acts');
  const keyOf = ({ lock, owner }: ActionSpec) =>
    ownerKey(lockPath(lock.root, lock.name), owner);

  /** What its holder says of it, long before its deadline. */
  async function leave(
    spec: ActionSpec,
    over: Pick<HolderRecord, "baseline"> = {},
  ): Promise<void> {
    const { lock, owner, runKey } = spec;
    const { root, name, group, limits } = lock;
    const lease = await rig.sessions.lease({ servers: lock.servers });
    const held = await acquire(lease.session, {
      ...{ root, name, group, limits, owner },
      facts: { run: RUN, from: "me@here", action: "x", runKey },
      ...{ timeout: 10, maxWait: 10, retryInterval: 5, ownerGrace: 0 },
      onFailedHolder: "fail",
    });
    const since = new Date().toISOString();
    const acting = { run: RUN, runKey, since, deadline: 600 };
    await held.record({ runKey, acting, ...over });
    await held.abandon();
    await lease.release();
  }

  /** Runs something on the host under the guard of its owner. */
  async function guarded(spec: ActionSpec, runId: string) {
    const host = await rig.hosts.lease(spec.connection);
    try {
      const guard = { key: keyOf(spec), runId };
      return await host.run({ body: act.command, timeout: 9, guard });
    } finally {
      host.release();
    }
  }

  it("counts as done though others have acted on the host since", async () => {
    const spec = rig.spec({ process: null, act });
    await leave(spec);
    await guarded(spec, RUN);
    await guarded(spec, "another-run");
    expect(acts()).to.equal(2);
    const { outcome, exitCode } = succeeded(await rig.run(spec));
    expect({ outcome, exitCode }).to.deep.equal({
      outcome: "acted",
      exitCode: 0,
    });
    expect(acts()).to.equal(2);
  });

  it("that never came to its host is not waited for, and never begins", async () => {
    const spec = rig.spec({ process: null, act });
    const boot = await bootOf(spec);
    await leave(spec, { baseline: { identities: [`${boot}/1/1`] } });
    expect(succeeded(await rig.run(spec)).outcome).to.equal("acted");
    expect(acts()).to.equal(1);
    expect(await guarded(spec, RUN)).to.include({ started: false });
    expect(acts()).to.equal(1);
  });

  it("is over if its host was rebooted since: it is done again", async () => {
    const spec = rig.spec({ process: null, act });
    const identities = ["4a2b0000-0000-0000-0000-000000000000/1/1"];
    await leave(spec, { baseline: { identities } });
    expect(succeeded(await rig.run(spec)).outcome).to.equal("acted");
    expect(acts()).to.equal(1);
  });

  async function bootOf({ connection }: ActionSpec): Promise<string> {
    const host = await rig.hosts.lease(connection);
    const body = "cat /proc/sys/kernel/random/boot_id";
    const { stdout } = await host.run({ body, timeout: 9 });
    host.release();
    return stdout.trim();
  }
});

describe("a corrected pattern", () => {
  let rig: Rig;
  before(async () => void (rig = await Rig.start(["web1"])));
  after(() => rig.stop());

  it("does not take what ran all the time for a restart", async () => {
    const running = rig.sandbox.spawn(rig.daemon("web1"), ["100000"]);
    const act = command("exit 3");
    const wrong = {
      commandString: `${rig.daemon("web1")}-misspelt`,
      fullCmd: true,
    };
    const spec = rig.spec({ act, process: wrong });
    const first = await rig.run(spec);
    expect(first.ok).to.equal(false);
    const right = { commandString: rig.daemon("web1"), fullCmd: true };
    const next = await rig.run({ ...rig.after(spec, first), process: right });
    expect(next.ok ? next.outcome : next.step).to.equal("act");
    process.kill(running.pid!);
  });
});
