import { expect } from "chai";
import { difference } from "../../provider/diff";
import { marksOf } from "../../provider/marks";
import { planOf } from "../../provider/plan";
import type { LockedActionInputs } from "../../provider/schema/inputs";
import {
  identityOf,
  readState,
  SCHEMA_VERSION,
  toState,
  type State,
} from "../../provider/state";
import { UNKNOWN } from "../../provider/unknown";
import { withInput } from "./inputs";

const full = (path?: string, value?: unknown) => {
  const command = { command: "true" };
  const inputs: Record<string, unknown> = path
    ? withInput(path, value)
    : withInput("target", "web3");
  return {
    ...{ target: "web3", triggers: ["v1"], process: { unit: "hdfs-datanode" } },
    ...{ gate: command, health: command, drain: command, undrain: command },
    ...inputs,
  } as unknown as LockedActionInputs;
};

/** The outputs after a run of these inputs that went well. */
function done(inputs: LockedActionInputs): State {
  const plan = planOf(inputs, {});
  const state: State = {
    schemaVersion: SCHEMA_VERSION,
    target: plan.target,
    lock: identityOf(plan.lock),
    runKey: plan.runKey,
    marks: marksOf(plan),
    outcome: "acted",
    verified: true,
  };
  return readState(toState(state))!;
}

describe("what makes it run", () => {
  const state = done(full());

  it("nothing changed: nothing", () => {
    expect(difference(state, full(), {})).to.deep.equal({ run: [], note: [] });
  });

  const runs: [string, unknown, string][] = [
    ["triggers", ["v2"], "triggers or action changed"],
    ["triggers", undefined, "triggers or action changed"],
    ["action", { command: "true" }, "triggers or action changed"],
    ["action.perform", "reload", "triggers or action changed"],
    ["action.sudo", true, "triggers or action changed"],
    ["always", true, "always"],
    ["target", "web4", "the target is web4, was web3"],
  ];
  for (const [path, value, why] of runs)
    it(`${path} = ${JSON.stringify(value)}: the action, because ${why}`, () => {
      const inputs = full(path, value);
      if (value === undefined) delete inputs.triggers;
      const { run } = difference(state, inputs, {});
      expect(run).to.deep.equal([why]);
    });

  const notes: [string, unknown, string][] = [
    ["lock.name", "others", "lock changed"],
    ["lock.root", "/elsewhere", "lock changed"],
    ["lock.servers", "zk2:2181", "lock changed"],
    ["lock.data", "rack7", "lock changed"],
    ["lock.maxHolders", 2, "lock changed"],
    ["lock.maxPerGroup", 1, "lock changed"],
    ["lock.maxFailures", 2, "lock changed"],
    ["lock.chef", { root: "/lock" }, "lock changed"],
    ["process", { pidFile: "/run/x" }, "process changed"],
    ["process", undefined, "process changed"],
    ["gate", { command: "false" }, "gate changed"],
    ["health", { command: "true", minHealthy: 5 }, "health changed"],
    ["drain", { command: "true", sudo: true }, "drain changed"],
    ["undrain", undefined, "undrain changed"],
  ];
  for (const [path, value, why] of notes)
    it(`${path} = ${JSON.stringify(value)}: an update that touches no host`, () => {
      const inputs = full(path, value) as Record<string, unknown>;
      if (value === undefined) delete inputs[path];
      const found = difference(
        state,
        inputs as unknown as LockedActionInputs,
        {},
      );
      expect(found).to.deep.equal({ run: [], note: [why] });
    });

  const nothing: [string, unknown][] = [
    ["connection.password", "x"],
    ["connection.privateKey", "x"],
    ["connection.proxy", { host: "jump" }],
    ["connection.host", "10.0.0.9"],
    ["connection.port", 2222],
    ["connection.user", "ops"],
    ["connection.knownHosts", "x"],
    ["action.timeout", 5],
    ["action.sudoPassword", "x"],
    ["lock.timeout", 5],
    ["lock.maxWait", 5],
    ["lock.retryInterval", 5],
    ["lock.ownerGrace", 5],
    ["lock.onFailedHolder", "wait"],
    ["lock.auth", [{ credentials: "u:p" }]],
    ["lock.skip", true],
    ["gate", { command: "true", timeout: 5, interval: 1 }],
    ["health", { command: "true", timeout: 5, interval: 1, minHealthy: 0 }],
    ["logging", "stdoutAndStderr"],
    ["onCreate", "record"],
    ["__provider", "another text"],
    ["__urn", "urn:another"],
  ];
  for (const [path, value] of nothing)
    it(`${path} = ${JSON.stringify(value)}: nothing`, () => {
      const found = difference(state, full(path, value), {});
      expect(found).to.deep.equal({ run: [], note: [] });
    });

  it("another port without a target of its own: another machine", () => {
    const at = (port: number) => {
      const inputs = full("connection.port", port);
      delete inputs.target;
      return inputs;
    };
    const { run } = difference(done(at(22)), at(2222), {});
    expect(run).to.deep.equal(["the target is web3:2222, was web3"]);
  });

  it("the same lock by the stack's config: nothing", () => {
    const inputs = full("lock", { name: "datanodes" });
    const settings = { zookeeperServers: "zk1:2181" };
    expect(difference(state, inputs, settings)).to.deep.equal({
      run: [],
      note: [],
    });
  });

  it("owed: the action, because it is", () => {
    const owing: State = {
      ...state,
      failure: {
        ...{ since: "2026-01-02T03:04:05.000Z", count: 2, step: "verify" },
        ...{ phase: "acted", reason: "r", runKey: "k", drained: false },
      },
    };
    expect(difference(owing, full(), {}).run).to.deep.equal([
      "owed since 2026-01-02T03:04:05.000Z: verify failed 2 times",
    ]);
  });

  it("a release in doubt: an update that touches no host", () => {
    const kept: State["kept"] = {
      ...{ holder: "h", subject: "hdfs-datanode", why: "doubt" },
      path: "/locked-action/datanodes",
    };
    expect(difference({ ...state, kept }, full(), {})).to.deep.equal({
      run: [],
      note: [
        "it is in doubt whether the lock /locked-action/datanodes was released",
      ],
    });
  });

  it("unknown values: it may run, or may change, and nothing throws", () => {
    const unknown = (path: string) =>
      difference(state, full(path, UNKNOWN), {});
    for (const path of ["triggers", "action", "action.service", "target"])
      expect(unknown(path).run, path).not.to.deep.equal([]);
    for (const path of ["lock", "lock.name", "process", "health", "gate"])
      expect(unknown(path).note, path).not.to.deep.equal([]);
    for (const path of ["connection", "connection.host", "logging"])
      expect(unknown(path), path).to.deep.equal({ run: [], note: [] });
    const inputs = full("connection", UNKNOWN);
    delete inputs.target;
    expect(difference(state, inputs, {}).run).to.deep.equal([
      "the target is not known yet",
    ]);
  });
});
