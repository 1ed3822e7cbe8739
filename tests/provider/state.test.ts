import { expect } from "chai";
import {
  keptState,
  lockToUse,
  standing,
  standingAfter,
} from "../../provider/kept";
import { PartialFailure } from "../../provider/partial";
import { planOf } from "../../provider/plan";
import { secretsOf } from "../../provider/secrets";
import type { LockedActionInputs } from "../../provider/schema/inputs";
import { readState, toState, type State } from "../../provider/state";
import { minimal, withInput } from "./inputs";

const lock = {
  ...{ servers: "zk1:2181", root: "/locked-action", name: "datanodes" },
  ...{ data: "rack7" },
};
const state: State = {
  ...{ schemaVersion: 1, target: "web3", lock, runKey: "k", marks: {} },
  verified: false,
  kept: {
    ...{ holder: "ok-uuid", subject: "hdfs-datanode", why: "failed" },
    path: "/locked-action/datanodes",
  },
  keptAuth: [{ scheme: "digest", credentials: "u:p" }],
};

const OWNER = { target: "web3", subject: "hdfs-datanode" };

const plan = (path?: string, value?: unknown) =>
  planOf(
    (path
      ? withInput(path, value)
      : minimal()) as unknown as LockedActionInputs,
    {},
  );

describe("toState", () => {
  it("drops what is undefined, at any depth", () => {
    const dirty = { ...state, exitCode: undefined, failure: undefined };
    expect(toState(dirty)).to.deep.equal(JSON.parse(JSON.stringify(state)));
    expect(toState(dirty)).not.to.have.property("exitCode");
  });

  it("refuses a number that is none", () => {
    expect(() => toState({ ...state, exitCode: NaN })).to.throw("exitCode");
  });
});

describe("readState", () => {
  it("reads what was written", () => {
    expect(readState(toState(state))).to.deep.equal(state);
  });

  it("reads what a reboot that was verified still owes", () => {
    const failure: State["failure"] = {
      ...{ since: "2026", count: 1, step: "undrain", phase: "verified" },
      ...{ reason: "exit 1", runKey: "k", drained: true },
      verifiedBy: ["boot", "process", "health"],
    };
    expect(readState(toState({ ...state, failure }))).to.deep.equal({
      ...{ ...state, failure },
    });
  });

  it("keeps what a newer version added", () => {
    const newer = { ...toState(state), schemaVersion: 2, more: { x: 1 } };
    expect(readState(newer)).to.deep.include({ more: { x: 1 } });
  });

  it("says null to what is none of ours", () => {
    expect(readState({})).to.equal(null);
    expect(readState({ ...toState(state), lock: "x" })).to.equal(null);
  });
});

describe("lockToUse", () => {
  it("is the lock of the inputs while nothing is kept", () => {
    const used = lockToUse(plan(), { ...state, kept: undefined });
    expect(used.lock.group).to.equal("web3");
    expect(used.owner).to.deep.equal(OWNER);
  });

  it("is the kept one, at its old path with its old data and credentials", () => {
    const used = lockToUse(plan("lock.servers", "zk9:2181"), state);
    expect(used.lock).to.deep.include({
      ...{ servers: "zk1:2181", name: "datanodes", group: "rack7" },
      auth: [{ scheme: "digest", credentials: "u:p" }],
      limits: { maxHolders: 1, maxPerGroup: null, maxFailures: 1 },
    });
  });

  it("has the limits of the inputs where it is the same lock", () => {
    const used = lockToUse(plan("lock.maxHolders", 3), state);
    expect(used.lock.limits.maxHolders).to.equal(3);
    expect(used.lock.group).to.equal("rack7");
  });

  it("has the owner who kept it, even if the URN or the pattern is another now", () => {
    const used = lockToUse(plan("action", { command: "true" }), state);
    expect(used.owner).to.deep.equal(OWNER);
  });

  it("is never the kept one where locking is skipped", () => {
    const used = lockToUse(plan("lock.skip", true), state);
    expect(used.lock.skip).to.equal(true);
    expect(used.lock.group).to.equal("web3");
  });
});

describe("keptState", () => {
  const own = {
    target: "web3",
    lock: { ...lock, path: "/locked-action/datanodes" },
  };
  const kept = standing(state)!;

  it("says no more than what differs from the resource's own", () => {
    expect(keptState(kept, "failed", own).kept).to.deep.equal({
      ...{ holder: "ok-uuid", subject: "hdfs-datanode", why: "failed" },
    });
  });

  it("is read back as it was, whatever the resource's own is now", () => {
    const others: Pick<State, "lock" | "target">[] = [
      { target: "web9", lock: { ...own.lock, name: "x", path: "/x" } },
      { target: "web3", lock: { ...own.lock, maxHolders: 3, data: "d" } },
    ];
    for (const other of others) {
      const after = { ...state, ...other, ...keptState(kept, "doubt", other) };
      // a release in doubt comes after the end of all that was done under the lock
      const read = { ...kept, ended: true };
      expect(standing(readState(toState(after)))).to.deep.equal(read);
    }
  });

  it("follows a lock that a run did not touch, and takes over the one it used", () => {
    const used = lockToUse(plan("lock.skip", true), state);
    expect(standingAfter(kept.where, used, state)).to.deep.equal(kept);
    const where = { lock: "/locked-action/datanodes", holder: "another" };
    expect(standingAfter(where, used, state)?.where).to.deep.equal(where);
    expect(standingAfter(null, used, state)).to.equal(null);
  });
});

describe("PartialFailure", () => {
  it("carries the provider's text and no undefined", () => {
    const failure = new PartialFailure("id", state, ["short", "story"], "text");
    expect(failure.properties).to.deep.equal({
      ...toState(state),
      __provider: "text",
    });
    expect(failure).to.deep.include({
      id: "id",
      message: "short",
      reasons: ["short", "story"],
    });
  });

  it("is bounded, because it travels in a header", () => {
    const reasons = Array.from({ length: 1000 }, () => "x".repeat(5000));
    const failure = new PartialFailure("id", state, reasons, "text");
    expect(JSON.stringify(failure.reasons).length).to.be.below(45_000);
  });
});

describe("planOf", () => {
  it("applies every default", () => {
    expect(plan()).to.deep.include({
      ...{ target: "web3", subject: "hdfs-datanode", process: null },
      ...{ always: false, onCreate: "act" },
      show: { stdout: false, stderr: false },
      act: {
        ...{ kind: "service", service: "hdfs-datanode", perform: "restart" },
        timeout: 300,
      },
      connection: {
        ...{ host: "web3", port: 22, user: "root", dialErrorLimit: 10 },
        ...{ insecureIgnoreHostKey: true, perDialTimeout: 15 },
      },
      lock: {
        ...{ servers: "zk1:2181", auth: [], root: "/locked-action" },
        ...{ name: "datanodes", group: "web3", skip: false },
        limits: { maxHolders: 1, maxPerGroup: null, maxFailures: 1 },
        ...{ timeout: 900, maxWait: 86_400, retryInterval: 30 },
        ...{ onFailedHolder: "fail", ownerGrace: 30 },
      },
    });
  });

  it("knows a reboot: for longer, and as the same owner whatever is watched", () => {
    const { act, subject } = plan("action", { reboot: true, sudo: true });
    expect(act).to.deep.equal({ kind: "reboot", timeout: 900, sudo: true });
    expect(subject).to.equal("reboot");
  });

  it("knows onlyIf, and its secrets", () => {
    const known = plan("onlyIf", { command: "true", sudoPassword: "hunter2" });
    expect(known.onlyIf).to.deep.include({ command: "true", timeout: 300 });
    expect(secretsOf(known)).to.include("hunter2");
  });

  it("names the machine by host, with the port if it is not 22", () => {
    expect(plan("connection.port", 2222).target).to.equal("web3:2222");
    const six = { host: "2001:db8::7", port: 2222 };
    expect(plan("connection", six).target).to.equal("[2001:db8::7]:2222");
  });

  it("takes the same subject for a service and its unit", () => {
    const unit = withInput("action", { command: "true" });
    unit.process = { unit: "hdfs-datanode.service" };
    const inputs = unit as unknown as LockedActionInputs;
    expect(planOf(inputs, {}).subject).to.equal(plan().subject);
  });

  it("takes the pattern, else the URN for the subject of a command", () => {
    const inputs = withInput("action", { command: "true" });
    inputs.__urn = "urn:x";
    const subject = () =>
      planOf(inputs as unknown as LockedActionInputs, {}).subject;
    expect(subject()).to.equal("urn:x");
    inputs.process = { commandString: "java", user: "hdfs" };
    expect(subject()).to.equal("java of user hdfs");
  });
});

describe("secretsOf", () => {
  it("knows every secret of the inputs", () => {
    const inputs = {
      ...minimal(),
      connection: {
        ...{ host: "h", password: "s1", privateKey: "s2" },
        ...{ privateKeyPassword: "s3", proxy: { host: "p", password: "s4" } },
      },
      action: {
        ...{ command: "true", sudoPassword: "s5" },
        environment: { TOKEN: "s6s6s6s6", MODE: "fast" },
      },
      gate: { command: "true", sudoPassword: "s7" },
      lock: { ...minimal().lock, auth: [{ credentials: "u:s8" }] },
    } as unknown as LockedActionInputs;
    expect(secretsOf(planOf(inputs, {}))).to.have.members([
      ...["s1", "s2", "s3", "s4", "s5", "s6s6s6s6", "s7", "u:s8", "s8"],
    ]);
  });
});
