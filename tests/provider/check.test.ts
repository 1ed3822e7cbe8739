import { expect } from "chai";
import { check, describeProblems } from "../../provider/check";
import { Runtime } from "../../provider/runtime";
import { Status } from "../../provider/status";
import { UNKNOWN } from "../../provider/unknown";
import { minimal, withInput } from "./inputs";

const SECRET = "hunter2hunter2";

/** path, bad value, what the failure says */
const BAD: [string, unknown, string][] = [
  ["connection", undefined, "connection: is required"],
  ["connection.host", undefined, "connection.host: is required"],
  ["connection.host", "", "connection.host: must not be empty"],
  [
    "connection.host",
    "root@web3",
    "connection.host: expected a host name or an address, without user, path or spaces",
  ],
  ["connection.port", 0, "connection.port: expected at least 1"],
  ["connection.port", 65_536, "connection.port: expected at most 65535"],
  [
    "connection.port",
    2.5,
    "connection.port: expected a whole number, got a fraction",
  ],
  ["connection.port", "22", "connection.port: expected a number, got a string"],
  ["connection.user", "", "connection.user: must not be empty"],
  [
    "connection.dialErrorLimit",
    -2,
    "connection.dialErrorLimit: expected at least -1",
  ],
  [
    "connection.perDialTimeout",
    -1,
    "connection.perDialTimeout: expected at least 0",
  ],
  [
    "connection.hostKey",
    "not a key",
    'connection.hostKey: expected a line as in authorized_keys ("ssh-ed25519 AAAA…") or "SHA256:…"',
  ],
  ["connection.proxy", {}, "connection.proxy.host: is required"],
  [
    "connection.pasword",
    SECRET,
    "connection.pasword: there is no such input; did you mean password?",
  ],
  ["target", " ", "target: must not be empty"],
  ["target", "a\nb", "target: must not contain control characters"],
  ["action", undefined, "action: is required"],
  ["action", {}, "action: expected `command` or `service`"],
  [
    "action",
    { command: "true", service: "x" },
    "action: expected either `command` or `service`, not both",
  ],
  ["action", { command: "" }, "action.command: must not be empty"],
  [
    "action.perform",
    "reboot",
    'action.perform: expected one of "restart", "reload", "try-restart", "reload-or-restart", "start", "stop"',
  ],
  [
    "action",
    { command: "true", perform: "start" },
    "action.perform: goes with `service` only",
  ],
  [
    "action.service",
    "a b",
    "action.service: expected the name of a service: letters, digits and @ . _ : -, not beginning with -",
  ],
  [
    "action.service",
    "--force",
    "action.service: expected the name of a service: letters, digits and @ . _ : -, not beginning with -",
  ],
  ["action.stdin", "x", "action.stdin: goes with `command` only"],
  ["action.timeout", 0, "action.timeout: expected more than 0"],
  [
    "action.sudo",
    "a b",
    "action.sudo: expected true, false or the name of a user",
  ],
  ["action.sudoPassword", "a\nb", "action.sudoPassword: must be one line"],
  [
    "action",
    { command: "true", environment: { "A-B": "x" } },
    "action.environment.A-B: expected a name of letters, digits and _, not beginning with a digit",
  ],
  [
    "action",
    { command: "true", environment: { LOCKED_ACTION_NAME: "x" } },
    "action.environment.LOCKED_ACTION_NAME: names that begin with LOCKED_ACTION_ are set by this package",
  ],
  ["triggers", "x", "triggers: expected a list, got a string"],
  ["always", "yes", "always: expected a boolean, got a string"],
  ["onCreate", "look", 'onCreate: expected one of "act", "record"'],
  ["lock", undefined, "lock: is required"],
  ["lock.name", undefined, "lock.name: is required"],
  ["lock.name", "", "lock.name: must not be empty"],
  ["lock.root", "locks", "lock.root: expected a path that begins with /"],
  ["lock.root", "/a//b", "lock.root: must not contain //"],
  ["lock.root", "/a/../b", "lock.root: must not contain . or .. as a segment"],
  ["lock.root", "/a/", "lock.root: must not end with /"],
  ["lock.data", "", "lock.data: must not be empty"],
  ["lock.maxHolders", 0, "lock.maxHolders: expected at least 1"],
  [
    "lock.maxPerGroup",
    1.5,
    "lock.maxPerGroup: expected a whole number, got a fraction",
  ],
  ["lock.maxFailures", -1, "lock.maxFailures: expected at least 1"],
  ["lock.timeout", 0, "lock.timeout: expected more than 0"],
  ["lock.maxWait", 1e12, "lock.maxWait: expected at most 2147483"],
  ["lock.ownerGrace", -1, "lock.ownerGrace: expected at least 0"],
  [
    "lock.onFailedHolder",
    "retry",
    'lock.onFailedHolder: expected one of "fail", "wait"',
  ],
  ["lock.skip", 1, "lock.skip: expected a boolean, got a number"],
  ["lock.auth", [{ scheme: "digest" }], "lock.auth.0.credentials: is required"],
  [
    "lock.chef",
    { root: "/locked-action" },
    "lock.chef.root: must differ from lock.root: it would block Chef for ever",
  ],
  [
    "lock.chef",
    { root: "/lök" },
    "lock.chef.root: expected printable ASCII characters",
  ],
  [
    "lock.maxHolder",
    2,
    "lock.maxHolder: there is no such input; did you mean maxHolders?",
  ],
  [
    "process",
    {},
    "process: expected one of `commandString` and `user`, `unit`, or `pidFile`",
  ],
  [
    "process",
    { unit: "a", pidFile: "/b" },
    "process: expected one of `commandString` and `user`, `unit`, or `pidFile`",
  ],
  [
    "process",
    { fullCmd: true },
    "process: expected `commandString` or `user`: at least one of them",
  ],
  [
    "process",
    { pidFile: "run/x.pid" },
    "process.pidFile: expected an absolute path",
  ],
  [
    "process",
    { user: "a b" },
    "process.user: expected the name of a user or a numeric UID",
  ],
  ["gate", {}, "gate.command: is required"],
  [
    "gate",
    { command: "true", interval: 0 },
    "gate.interval: expected more than 0",
  ],
  [
    "health",
    { command: "true", minHealthy: 300 },
    "health.minHealthy: must be less than health.timeout (300 s)",
  ],
  ["drain", { command: "" }, "drain.command: must not be empty"],
  ["undrain", "true", "undrain: expected an object, got a string"],
  [
    "logging",
    "all",
    'logging: expected one of "none", "stdout", "stderr", "stdoutAndStderr"',
  ],
  ["trigers", [], "trigers: there is no such input; did you mean triggers?"],
];

/** Bad input whose message another part words: only the path and the silence about the value are ours. */
const BAD_ELSEWHERE: [string, unknown][] = [
  ["connection.privateKey", SECRET],
  [
    "connection.privateKey",
    `-----BEGIN OPENSSH PRIVATE KEY-----\n${SECRET}\n-----END OPENSSH PRIVATE KEY-----`,
  ],
  ["lock.servers", "h:abc"],
  ["lock.servers", "[::1]:99999"],
  ["lock.servers", "a//b"],
  ["lock.servers", ""],
  ["process.commandString", ""],
  ["process.commandString", "("],
];

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
