import { expect } from "chai";
import { check, describeProblems } from "../../../provider/check";
import { Runtime } from "../../../provider/runtime";
import { createRollingAction } from "../../../provider/rolling-action";
import { rollingInputs } from "../../../provider/schema/rolling";
import { Status } from "../../../provider/status";
import { UNKNOWN } from "../../../provider/unknown";
import { SECRET } from "../bad-inputs";
import { BAD, CONTRADICTIONS } from "./bad-inputs";
import { changed, fleetInputs, rackInputs } from "./inputs";

const problems = (inputs: Record<string, unknown>) =>
  describeProblems(inputs, rollingInputs);

describe("check of a RollingAction", () => {
  it("finds nothing wrong with the least inputs", () => {
    expect(problems(fleetInputs(1))).to.deep.equal([]);
  });

  it("finds nothing wrong with all inputs", () => {
    const command = { command: "true", timeout: 5, sudo: true };
    const parts = {
      action: { command: "true", stdin: "", environment: { A: "b" } },
      process: { commandString: "java", user: "hdfs" },
      ...{ gate: command, drain: command, undrain: command },
      health: { ...command, minHealthy: 1 },
      triggers: [1, null, { a: [true] }],
    };
    const all = {
      ...parts,
      hosts: {
        "a b": {
          connection: { host: "2001:db8::7", proxy: { host: "jump" } },
          ...{ target: "a", group: "rack 7", ...parts },
        },
        constructor: { connection: { host: "b" }, group: "rack 8" },
      },
      ...{ always: true, onCreate: "record", logging: "stderr" },
      lock: {
        ...{ name: "a/b c", root: "/x/y", servers: "a:1,b:2/chroot" },
        ...{ maxPerGroup: 2, timeout: 0.5, maxWait: 10, retryInterval: 1 },
        ...{ onFailedHolder: "wait", ownerGrace: 0, skip: false },
        auth: [{ credentials: "u:p" }],
      },
      ...{ maxUnavailable: "99.5%", groups: "together", maxFailures: 1 },
      ...{ canary: { count: 5, minHealthy: 0.5 }, order: ["constructor"] },
      __urn: "urn:pulumi:s::p::t::n",
    };
    expect(problems(all)).to.deep.equal([]);
  });

  for (const [path, value, message] of BAD)
    it(`says “${message}” to ${JSON.stringify(value)?.slice(0, 40)}`, () => {
      const inputs = changed(fleetInputs(), [path, value]);
      expect(problems(inputs)).to.deep.equal([message]);
    });

  for (const [changes, message] of CONTRADICTIONS)
    it(`says “${message}” to ${JSON.stringify(changes)}`, () => {
      const inputs = changed(fleetInputs(), ...changes);
      expect(problems(inputs)).to.deep.equal([message]);
    });

  it("takes a process or a service of each host's own as a proof for canaries", () => {
    const inputs = changed(
      fleetInputs(),
      ["canary", { count: 1 }],
      ["action", { command: "true" }],
      ["hosts.web1.health", { command: "true" }],
    );
    expect(problems(inputs)).to.have.length(1);
    changed(inputs, ["hosts.web2.action", { service: "nginx" }]);
    expect(problems(inputs)).to.deep.equal([]);
  });

  it("repeats no value that may be secret, of whatever type", () => {
    for (const path of [
      ...["hosts", "hosts.web1", "hosts.web1.connection"],
      ...["hosts.web1.connection.privateKey", "hosts.web1.connection.password"],
      ...["hosts.web1.connection.proxy", "hosts.web1.action.environment"],
      ...["hosts.web1.action.stdin", "hosts.web1.gate.sudoPassword"],
      ...["action", "action.sudoPassword", "lock", "lock.auth", "drain"],
    ])
      for (const value of [[SECRET], { secret: SECRET }, SECRET, 42]) {
        const found = problems(changed(fleetInputs(), [path, value]));
        expect(found.join(), path).not.to.include(SECRET);
      }
  });

  it("names no property, because the engine would print its value", async () => {
    const provider = createRollingAction(new Runtime(new Status(() => {})));
    const inputs = changed(fleetInputs(), ["lock.name", ""]);
    const { failures } = await provider.check({}, inputs);
    expect(failures).to.deep.equal([
      { property: "", reason: "lock.name: must not be empty" },
    ]);
  });

  it("takes null for absent, in hosts too", () => {
    const runtime = new Runtime(new Status(() => {}));
    const inputs = changed(
      fleetInputs(1),
      ["hosts.web1.connection.privateKey", null],
      ["hosts.web1.group", null],
      ["hosts.web1.triggers", [null]],
      ["canary", null],
    );
    const kind = {
      ...{ schema: rollingInputs, explainNew: () => {} },
      chefLocksOf: () => [],
    };
    const { inputs: tidy, failures } = check(runtime, {}, inputs, kind);
    expect(failures).to.deep.equal([]);
    expect(tidy.hosts).to.deep.equal({
      web1: {
        connection: { host: "web1", insecureIgnoreHostKey: true },
        triggers: [null],
      },
    });
  });

  describe("while something is not known yet", () => {
    const paths = [
      ...["hosts", "action", "triggers", "always", "onCreate", "process"],
      ...["gate", "health", "drain", "undrain", "lock", "logging"],
      ...["maxUnavailable", "groups", "canary", "maxFailures", "order"],
      ...["hosts.web1", "hosts.web1.connection", "hosts.web1.connection.host"],
      ...["hosts.web1.connection.port", "hosts.web1.connection.privateKey"],
      ...["hosts.web1.target", "hosts.web1.group", "hosts.web1.action"],
      ...["hosts.web1.action.service", "hosts.web1.process", "hosts.web1.gate"],
      ...["hosts.web1.health.command", "hosts.web1.triggers"],
      ...["action.service", "lock.name", "lock.servers", "lock.maxPerGroup"],
      ...["lock.maxFailures", "lock.chef", "lock.skip"],
      ...["canary.count", "canary.minHealthy", "order.0", "triggers.0"],
    ];

    for (const path of paths)
      it(`accepts it in the place of ${path}, and tells what it knows`, async () => {
        const shown: string[] = [];
        const status = new Status(({ message }) => shown.push(message));
        const provider = createRollingAction(new Runtime(status));
        const inputs = rackInputs({
          ...{ groups: "together", maxUnavailable: 2, order: ["web1"] },
          ...{ canary: { count: 1 }, triggers: ["v1"], __urn: "urn:x" },
        });
        changed(inputs, ["lock.maxPerGroup", 1], [path, UNKNOWN]);
        const { failures } = await provider.check({}, inputs);
        expect(failures).to.deep.equal([]);
        expect(shown).to.have.length(1);
        expect(shown[0]).not.to.include(UNKNOWN);
      });
  });
});
