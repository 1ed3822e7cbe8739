import { expect } from "chai";
import { check, describeProblems } from "../../provider/check";
import { Runtime } from "../../provider/runtime";
import { Status } from "../../provider/status";
import { UNKNOWN } from "../../provider/unknown";
import { BAD, BAD_ELSEWHERE, SECRET } from "./bad-inputs";
import { minimal, withInput } from "./inputs";

describe("check", () => {
  it("finds nothing wrong with the least inputs", () => {
    expect(describeProblems(minimal())).to.deep.equal([]);
  });

  it("finds nothing wrong with all inputs", () => {
    const rights = { sudo: "deploy", sudoPassword: "x" };
    const command = { command: "true", timeout: 5, ...rights };
    const all = {
      connection: {
        ...{ host: "2001:db8::7", port: 2222, user: "ops", password: "x" },
        ...{ privateKeyPassword: "x", agentSocketPath: "/run/agent" },
        ...{ dialErrorLimit: -1, perDialTimeout: 0, knownHosts: "" },
        hostKey: "SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
        proxy: { host: "jump", proxy: { host: "jump2" } },
      },
      target: "web3",
      action: {
        command: "true",
        stdin: "",
        environment: { A: "b" },
        ...rights,
      },
      triggers: [1, "x", null, { a: [true] }],
      always: false,
      onCreate: "record",
      lock: {
        ...{ name: "a/b c", root: "/x/y", servers: "a:1,b:2/chroot" },
        ...{ data: "rack 7", maxHolders: 1, maxPerGroup: 2, maxFailures: 3 },
        ...{ timeout: 0.5, maxWait: 10, retryInterval: 1, ownerGrace: 0 },
        ...{ onFailedHolder: "wait", skip: false },
        auth: [{ credentials: "u:p" }],
        chef: { root: "/lock", mode: "exact" },
      },
      process: { commandString: "java.*DataNode", fullCmd: true, user: "hdfs" },
      gate: { ...command, interval: 0.1 },
      health: { ...command, interval: 0.1, minHealthy: 1 },
      drain: command,
      undrain: command,
      logging: "stderr",
      __urn: "urn:pulumi:s::p::t::n",
    };
    expect(describeProblems(all)).to.deep.equal([]);
  });

  for (const [path, value, message] of BAD)
    it(`says “${message}”`, () => {
      const problems = describeProblems(withInput(path, value));
      expect(problems).to.deep.equal([message]);
    });

  for (const [path, value] of BAD_ELSEWHERE)
    it(`refuses ${path} = ${JSON.stringify(value).slice(0, 40)} and does not repeat it`, () => {
      const problems = describeProblems(withInput(path, value));
      expect(problems).to.have.length(1);
      expect(problems[0]).to.match(
        new RegExp(`^${path.replaceAll(".", "\\.")}: .`),
      );
      expect(problems[0]).not.to.include(SECRET);
    });

  it("names a property of foreign letters so that it steers no terminal", () => {
    const evil = "\u001b[2J\u202e\r" + "k".repeat(100_000);
    const shown: string[] = [];
    const status = new Status(({ message }) => void shown.push(message));
    const runtime = new Runtime(status);
    for (const place of ["", "action.", "connection.", "lock.auth.0."]) {
      const inputs = withInput(`${place}X`, 1);
      const news = JSON.parse(
        JSON.stringify(inputs).replaceAll('"X"', JSON.stringify(evil)),
      ) as Record<string, unknown>;
      const { failures } = check(runtime, {}, news);
      expect(failures.length).to.be.above(0);
      for (const { reason } of failures) {
        expect(reason.length).to.be.below(5000);
        expect(reason.replace(/\n/g, "")).not.to.match(/[\p{Cc}\p{Cf}]/u);
      }
    }
  });

  it("repeats no value that may be secret, of whatever type", () => {
    const secret = { secret: SECRET };
    for (const path of [
      "connection.privateKey",
      "connection.password",
      "connection",
      "action.sudoPassword",
      "lock.auth",
      "lock",
      "action",
    ])
      for (const value of [[SECRET], secret, SECRET, 42])
        expect(describeProblems(withInput(path, value)).join()).not.to.include(
          SECRET,
        );
  });

  it("accepts an unknown in the place of anything", () => {
    const paths = Object.keys({
      ...minimal(),
      target: 0,
      triggers: 0,
      always: 0,
      onCreate: 0,
      process: 0,
      gate: 0,
      health: 0,
      drain: 0,
      undrain: 0,
      logging: 0,
    });
    const nested = [
      "connection.host",
      "connection.port",
      "connection.privateKey",
      "connection.proxy",
      "action.service",
      "action.perform",
      "action.environment",
      "lock.name",
      "lock.servers",
      "lock.maxHolders",
      "lock.auth",
      "lock.chef",
      "lock.skip",
    ];
    for (const path of [...paths, ...nested])
      expect(describeProblems(withInput(path, UNKNOWN)), path).to.deep.equal(
        [],
      );
    const deep = { command: UNKNOWN, minHealthy: UNKNOWN, timeout: UNKNOWN };
    expect(describeProblems(withInput("health", deep))).to.deep.equal([]);
    const both = { command: UNKNOWN, service: UNKNOWN, stdin: UNKNOWN };
    expect(describeProblems(withInput("action", both))).to.deep.equal([]);
    const process = { commandString: UNKNOWN, unit: UNKNOWN };
    expect(describeProblems(withInput("process", process))).to.deep.equal([]);
  });

  it("takes null for absent, but for triggers", () => {
    const inputs = withInput("lock.auth", null);
    inputs.triggers = [null];
    expect(describeProblems(inputs)).to.deep.equal([]);
    const { lock, triggers } = check(
      new Runtime(new Status(() => {})),
      {},
      inputs,
    ).inputs;
    expect(lock).not.to.have.property("auth");
    expect(triggers).to.deep.equal([null]);
  });

  describe("with the settings of a stack", () => {
    const quiet = () => new Runtime(new Status(() => {}));
    const reasons = (runtime: Runtime, inputs: Record<string, unknown>) =>
      check(runtime, {}, inputs).failures;

    it("names no property, because the engine would print its value", () => {
      expect(reasons(quiet(), withInput("lock.name", ""))).to.deep.equal([
        { property: "", reason: "lock.name: must not be empty" },
      ]);
    });

    it("wants ZooKeeper's servers from somewhere", () => {
      const runtime = quiet();
      const inputs = withInput("lock.servers", undefined);
      expect(reasons(runtime, inputs)[0]?.reason).to.match(
        /^lock\.servers: is required: .*locked-action:zookeeperServers/,
      );
      runtime.configure({ "locked-action:zookeeperServers": "zk1,zk2" });
      expect(reasons(runtime, inputs)).to.deep.equal([]);
      const skipping = withInput("lock", { name: "x", skip: true });
      expect(reasons(quiet(), skipping)).to.deep.equal([]);
    });

    it("tells of a bad stack config with each resource", () => {
      const runtime = quiet();
      runtime.configure({ "locked-action:lockTimeout": "soon" });
      expect(reasons(runtime, minimal())).to.deep.equal([
        {
          property: "",
          reason: "locked-action:lockTimeout: expected a number of seconds",
        },
      ]);
    });

    it("takes the program's pid out of the inputs", () => {
      const { inputs } = check(
        quiet(),
        {},
        { ...minimal(), __pid: process.ppid },
      );
      expect(inputs).to.deep.equal(minimal());
    });

    it("answers before it tells what the first run will do", async () => {
      const lines: string[] = [];
      const runtime = new Runtime(
        new Status(({ message }) => lines.push(message)),
      );
      check(runtime, {}, { ...minimal(), __urn: "urn:told" });
      expect(lines).to.deep.equal([]);
      await new Promise(setImmediate);
      expect(lines).to.have.length(1);
      expect(lines[0]).to.match(/^will .* under lock .*: new$/);
    });

    it("warns of a pattern without a user where root acts by sudo", async () => {
      const lines: string[] = [];
      const runtime = new Runtime(
        new Status(({ message, severity }) => {
          if (severity === "warning") lines.push(message);
        }),
      );
      const told = async (inputs: Record<string, unknown>) => {
        lines.length = 0;
        check(runtime, {}, { ...inputs, __urn: "urn:told" });
        await new Promise(setImmediate);
        return [...lines];
      };
      const open = { commandString: "^secret-name$" };
      const act = { service: "web", sudo: true };
      const inputs = { ...minimal(), action: act };
      expect(await told({ ...inputs, process: open })).to.deep.equal([
        "process: the action runs by sudo, and the pattern has no user: any account of the host can run a process that matches; give process.user",
      ]);
      for (const process of [
        { ...open, user: "web" },
        { unit: "web" },
        { pidFile: "/run/web.pid" },
        UNKNOWN,
      ])
        expect(await told({ ...inputs, process })).to.deep.equal([]);
      expect(await told({ ...minimal(), process: open })).to.deep.equal([]);
    });

    it("warns once of stack config that does not exist, with the nearest that does", () => {
      const lines: string[] = [];
      const runtime = new Runtime(
        new Status(({ message }) => lines.push(message)),
      );
      runtime.configure({
        "locked-action:zookeperServers": "x",
        "other:x": "y",
      });
      check(runtime, {}, minimal());
      check(runtime, {}, minimal());
      expect(lines).to.deep.equal([
        "there is no stack config locked-action:zookeperServers; did you mean locked-action:zookeeperServers?",
      ]);
    });
  });
});
