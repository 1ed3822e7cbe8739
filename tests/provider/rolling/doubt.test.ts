import { expect } from "chai";
import { acquire } from "../../../core/lock";
import type { FleetState } from "../../../provider/rolling/state";
import { ResourceRig } from "../resource-rig";
import type { Properties } from "../provider-process";

const PROVIDER =
  'exports.handler = () => require("pulumi-locked-action/provider").rollingAction';

describe("a fleet with a release in doubt", () => {
  let r: ResourceRig;
  before(async () => {
    r = await ResourceRig.start();
  });
  after(() => r.stop());

  /** A run that got through, and whose release was carried out or not. */
  async function leaveHolder(
    { lock, process }: { lock: Properties; process: Properties },
    state: FleetState,
  ): Promise<string> {
    const { sessions, zookeeper } = r.rig;
    const lease = await sessions.lease({ servers: zookeeper.connect });
    const held = await acquire(lease.session, {
      ...{ root: "/locked-action", name: String(lock.name), group: "web1" },
      owner: { target: "web1", subject: String(process.commandString) },
      limits: { maxHolders: 1, maxPerGroup: null, maxFailures: 1 },
      facts: {
        ...{ run: "1", from: "me@here", action: "x" },
        runKey: state.runKey,
      },
      ...{ timeout: 10, maxWait: 10, retryInterval: 5, ownerGrace: 0 },
      onFailedHolder: "fail",
    });
    await held.record({ baseline: { identities: ["boot/1/1"] } });
    await held.abandon();
    await lease.release();
    return held.id;
  }

  it("gives it back first, and then acts: what was done before is done", async () => {
    const { connection, target, ...inputs } = r.inputs({ always: true });
    const news: Properties = {
      ...inputs,
      hosts: { web1: { connection: connection!, target: target! } },
      __provider: PROVIDER,
    };
    const state = await r.provider.create(news);
    expect(r.acts()).to.equal(1);
    const own = inputs as { lock: Properties; process: Properties };
    const holder = await leaveHolder(own, state as unknown as FleetState);
    const { results } = state as unknown as FleetState;
    const subject = own.process.commandString;
    const doubtful = {
      web1: { ...results.web1, kept: { holder, subject, why: "doubt" } },
    };
    const next = await r.provider.update(
      { ...state, results: doubtful } as unknown as Properties,
      news,
    );
    expect(r.acts()).to.equal(2);
    expect(next.results).to.have.nested.property("web1.outcome", "acted");
    expect(next.results).not.to.have.nested.property("web1.kept");
    expect(await r.holders(news)).to.deep.equal([]);
  });
});
