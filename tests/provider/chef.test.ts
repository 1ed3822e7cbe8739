import { expect } from "chai";
import { check } from "../../provider/check";
import { lockOf } from "../../provider/plan";
import { createRollingAction } from "../../provider/rolling-action";
import { Runtime } from "../../provider/runtime";
import { Status } from "../../provider/status";
import { UNKNOWN } from "../../provider/unknown";
import { minimal } from "./inputs";

describe("check of a lock that is shared with Chef", () => {
  const reasons = (
    lock: Record<string, unknown>,
    more: Record<string, unknown> = {},
    config: Record<string, unknown> = {},
  ) => {
    const runtime = new Runtime(new Status(() => {}));
    runtime.configure(config);
    const inputs = minimal();
    const chef = { root: "/lock" };
    const all = { ...inputs, ...more };
    const { failures } = check(
      runtime,
      {},
      {
        ...all,
        lock: { ...inputs.lock, chef, ...lock },
      },
    );
    return failures.map(({ reason }) => reason);
  };

  it("takes what the cookbook can match", () => {
    expect(reasons({})).to.deep.equal([]);
    expect(reasons({ name: "a  b/c [x]" })).to.deep.equal([]);
    expect(
      reasons({ name: "größe", chef: { root: "/lock", name: "size" } }),
    ).to.deep.equal([]);
  });

  it("takes the root of all as the root of the cookbook's locks", () => {
    expect(reasons({ chef: { root: "/" } })).to.deep.equal([]);
    expect(
      reasons({ name: "locked-action", chef: { root: "/" } }),
    ).to.have.length(1);
  });

  it("hands it to the lock, tagged unless told otherwise", () => {
    const chefOf = (chef: { root: string; name?: string; mode?: "exact" }) =>
      lockOf({ name: "roll", chef }, "web1", {}).chef;
    expect(chefOf({ root: "/lock" })).to.deep.equal({
      ...{ root: "/lock", mode: "tagged" },
    });
    const all = { root: "/lock", name: "x", mode: "exact" } as const;
    expect(chefOf(all)).to.deep.equal(all);
  });

  it("refuses bytes beyond ASCII wherever the cookbook would see them", () => {
    expect(reasons({ data: "häst1" })).to.deep.equal([
      "lock.data: expected printable ASCII characters with lock.chef: the cookbook could not match others (default: the target)",
    ]);
    expect(reasons({}, { target: "häst1" })[0]).to.match(/^lock\.data: /);
    expect(reasons({ name: "größe" })).to.deep.equal([
      "lock.name: expected printable ASCII characters with lock.chef; or give lock.chef.name",
    ]);
    expect(reasons({ chef: { root: "/lock", name: "größe" } })[0]).to.match(
      /^lock\.chef\.name: expected printable ASCII/,
    );
  });

  it("refuses names that ZooKeeper would refuse as a path", () => {
    expect(reasons({ name: "a//b" })).to.deep.equal([
      "lock.name: makes no path for lock.chef: must not contain //",
    ]);
    expect(reasons({ chef: { root: "/lock", name: "a/" } })).to.deep.equal([
      "lock.chef.name: makes no path for lock.chef: must not end with /",
    ]);
  });

  it("refuses one znode below the other, with the root of the stack too", () => {
    const below =
      "lock.chef: its znode and the lock's own must not be one below the other: Chef could never delete it";
    const chef = { root: "/fleet", name: "roll" };
    const root = { "locked-action:lockRoot": "/fleet/roll" };
    expect(reasons({ chef }, {}, root)).to.deep.equal([below]);
    expect(reasons({ chef, root: "/fleet/roll/ours" })).to.deep.equal([below]);
    expect(reasons({ chef }, {}, {})).to.deep.equal([]);
  });

  it("waits with all that until it is known", () => {
    expect(reasons({ data: UNKNOWN })).to.deep.equal([]);
    expect(reasons({ data: "häst1" }, { target: UNKNOWN })).to.deep.equal([]);
  });
});

describe("check of a fleet that shares its lock with Chef", () => {
  const reasons = (hosts: Record<string, unknown>) => {
    const provider = createRollingAction(new Runtime(new Status(() => {})));
    const { action } = minimal();
    const lock = { ...minimal().lock, chef: { root: "/lock" }, maxPerGroup: 1 };
    return provider
      .check({}, { hosts, groups: "together", action, lock })
      .then(({ failures }) => failures.map(({ reason }) => reason));
  };
  const { connection } = minimal();

  it("looks at each host's group, and says a problem once", async () => {
    const plain = { connection, group: "rack1" };
    expect(await reasons({ a: plain })).to.deep.equal([]);
    const group = "räck1";
    const hosts = {
      a: { connection, group },
      b: { connection: { ...connection, host: "web4" }, group },
    };
    const found = await reasons(hosts);
    expect(found).to.have.length(1);
    expect(found[0]).to.match(/^lock\.data: expected printable ASCII/);
  });

  it("waits with hosts that are not known yet", async () => {
    const group = "räck1";
    const later = { connection: UNKNOWN, group };
    expect(await reasons({ a: UNKNOWN })).to.deep.equal([]);
    expect(
      await reasons({ a: { connection, target: UNKNOWN, group } }),
    ).to.deep.equal([]);
    expect(await reasons({ a: later })).to.deep.equal([]);
  });
});
