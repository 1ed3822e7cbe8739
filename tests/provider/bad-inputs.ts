/** Stands for a value that must not be repeated. */
export const SECRET = "hunter2hunter2";

/** path, bad value, what the failure says */
export const BAD: [string, unknown, string][] = [
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
export const BAD_ELSEWHERE: [string, unknown][] = [
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
