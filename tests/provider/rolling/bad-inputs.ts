import { SECRET } from "../bad-inputs";

const MAX_UNAVAILABLE =
  'maxUnavailable: expected a whole number between 1 and 100000, or a percentage between 0 and 100 ("25%")';
const machine = (host: string, port?: number) => ({
  connection: { host, port },
});

/** path, bad value, what the failure says; into two hosts, web1 and web2 */
export const BAD: [string, unknown, string][] = [
  ["hosts", undefined, "hosts: is required"],
  ["hosts", [], "hosts: expected an object, got a list"],
  ["hosts", "web1", "hosts: expected an object, got a string"],
  ["hosts", {}, "hosts: must not be empty"],
  [
    "hosts",
    { " ": machine("a") },
    "hosts. : the name of a host must not be empty",
  ],
  [
    "hosts",
    { "a\nb": machine("a") },
    "hosts.a\nb: the name of a host must not contain control characters",
  ],
  [
    "hosts",
    { ["x".repeat(65)]: machine("a") },
    `hosts.${"x".repeat(65)}: the name of a host must have at most 64 characters`,
  ],
  ["hosts.web1", "web1", "hosts.web1: expected an object, got a string"],
  ["hosts.web1.connection", undefined, "hosts.web1.connection: is required"],
  ["hosts.web1.connection", {}, "hosts.web1.connection.host: is required"],
  [
    "hosts.web1.connection.port",
    0,
    "hosts.web1.connection.port: expected at least 1",
  ],
  [
    "hosts.web1.connection.pasword",
    SECRET,
    "hosts.web1.connection.pasword: there is no such input; did you mean password?",
  ],
  ["hosts.web1.target", " ", "hosts.web1.target: must not be empty"],
  [
    "hosts.web2.target",
    "web1",
    "hosts.web2.target: web1 is the target of web1 already: each machine once",
  ],
  [
    "hosts",
    { one: machine("web", 2222), two: machine("web", 2222) },
    "hosts.two.target: web:2222 is the target of one already: each machine once",
  ],
  ["hosts.web1.group", "", "hosts.web1.group: must not be empty"],
  [
    "hosts.web1.group",
    "ä".repeat(501),
    "hosts.web1.group: expected at most 1000 bytes",
  ],
  [
    "hosts.web1.action",
    {},
    "hosts.web1.action: expected `command`, `service` or `reboot`",
  ],
  [
    "hosts.web1.process",
    { pidFile: "x" },
    "hosts.web1.process.pidFile: expected an absolute path",
  ],
  ["hosts.web1.gate", {}, "hosts.web1.gate.command: is required"],
  [
    "hosts.web1.health",
    { command: "true", minHealthy: 300 },
    "hosts.web1.health.minHealthy: must be less than health.timeout (300 s)",
  ],
  [
    "hosts.web1.drain",
    { command: "" },
    "hosts.web1.drain.command: must not be empty",
  ],
  [
    "hosts.web1.undrain",
    "true",
    "hosts.web1.undrain: expected an object, got a string",
  ],
  [
    "hosts.web1.triggers",
    "x",
    "hosts.web1.triggers: expected a list, got a string",
  ],
  [
    "hosts.web1.trigger",
    [],
    "hosts.web1.trigger: there is no such input; did you mean triggers?",
  ],
  ["action", undefined, "action: is required"],
  ["action", {}, "action: expected `command`, `service` or `reboot`"],
  ["triggers", "x", "triggers: expected a list, got a string"],
  ["always", "yes", "always: expected a boolean, got a string"],
  ["onCreate", "look", 'onCreate: expected one of "act", "record"'],
  [
    "process",
    {},
    "process: expected one of `commandString` and `user`, `unit`, or `pidFile`",
  ],
  ["gate", {}, "gate.command: is required"],
  [
    "health",
    { command: "true", interval: 0 },
    "health.interval: expected more than 0",
  ],
  ["drain", "true", "drain: expected an object, got a string"],
  ["undrain", { command: "" }, "undrain.command: must not be empty"],
  [
    "logging",
    "all",
    'logging: expected one of "none", "stdout", "stderr", "stdoutAndStderr"',
  ],
  ["lock", undefined, "lock: is required"],
  ["lock", "web", "lock: expected an object, got a string"],
  ["lock.name", undefined, "lock.name: is required"],
  [
    "lock.maxHolder",
    2,
    "lock.maxHolder: there is no such input; did you mean maxHolders?",
  ],
  ["maxUnavailable", 0, MAX_UNAVAILABLE],
  ["maxUnavailable", -1, MAX_UNAVAILABLE],
  ["maxUnavailable", 1.5, MAX_UNAVAILABLE],
  ["maxUnavailable", 100_001, MAX_UNAVAILABLE],
  ["maxUnavailable", "3", MAX_UNAVAILABLE],
  ["maxUnavailable", "0%", MAX_UNAVAILABLE],
  ["maxUnavailable", "0.0%", MAX_UNAVAILABLE],
  ["maxUnavailable", "101%", MAX_UNAVAILABLE],
  ["maxUnavailable", "-5%", MAX_UNAVAILABLE],
  ["maxUnavailable", "25 %", MAX_UNAVAILABLE],
  ["maxUnavailable", "a quarter", MAX_UNAVAILABLE],
  ["maxUnavailable", true, MAX_UNAVAILABLE],
  ["groups", "apart", 'groups: expected one of "together", "oneAtATime"'],
  ["groups", true, 'groups: expected one of "together", "oneAtATime"'],
  ["canary", 1, "canary: expected an object, got a number"],
  ["canary", {}, "canary.count: is required"],
  ["canary", { count: 0 }, "canary.count: expected at least 1"],
  [
    "canary",
    { count: 1, minHealthy: 0 },
    "canary.minHealthy: expected more than 0",
  ],
  ["canary", { count: 1, soak: 5 }, "canary.soak: there is no such input"],
  ["maxFailures", 0, "maxFailures: expected at least 1"],
  ["maxFailures", "1", "maxFailures: expected a number, got a string"],
  ["order", "web1", "order: expected a list, got a string"],
  ["order", [""], "order.0: expected the name of a host, got an empty one"],
  ["order", [1], "order.0: expected a string, got a number"],
  [
    "maxUnavailible",
    1,
    "maxUnavailible: there is no such input; did you mean maxUnavailable?",
  ],
];

type Change = [path: string, value: unknown];

/** What can't be meant together: the changes, and what the failure says. */
export const CONTRADICTIONS: [Change[], string][] = [
  [
    [["lock.data", "rack7"]],
    "lock.data: belongs to each host: give hosts.NAME.group",
  ],
  [
    [
      ["maxUnavailable", 1],
      ["lock.maxHolders", 1],
    ],
    "maxUnavailable: is the lock's maxHolders: give one of them, not both",
  ],
  [
    [
      ["maxFailures", 1],
      ["lock.maxFailures", 1],
    ],
    "maxFailures: is the lock's maxFailures: give one of them, not both",
  ],
  [
    [["hosts.web2.group", "rack7"]],
    'groups: expected "together" or "oneAtATime": hosts.web2.group is given',
  ],
  [
    [["groups", "together"]],
    'lock.maxPerGroup: is required with groups "together": how many of one group may go at once',
  ],
  [
    [
      ["groups", "oneAtATime"],
      ["lock.maxHolders", 1],
    ],
    'lock.maxHolders: follows from groups "oneAtATime": give maxUnavailable, which counts inside the group',
  ],
  [
    [
      ["groups", "oneAtATime"],
      ["lock.maxPerGroup", 1],
    ],
    'lock.maxPerGroup: follows from groups "oneAtATime": give maxUnavailable, which counts inside the group',
  ],
  [
    [
      ["groups", "oneAtATime"],
      ["maxFailures", 2],
    ],
    'maxFailures: must be 1 with groups "oneAtATime": a failed member keeps the others of its group out',
  ],
  [
    [
      ["groups", "oneAtATime"],
      ["lock.maxFailures", 2],
    ],
    'lock.maxFailures: must be 1 with groups "oneAtATime": a failed member keeps the others of its group out',
  ],
  [
    [["maxFailures", 2]],
    "maxFailures: expected at most 1, as many as may be unavailable",
  ],
  [
    [
      ["maxUnavailable", 2],
      ["lock.maxFailures", 3],
    ],
    "lock.maxFailures: expected at most 2, as many as may be unavailable",
  ],
  [
    [
      ["maxUnavailable", "50%"],
      ["maxFailures", 2],
    ],
    "maxFailures: expected at most 1, as many as may be unavailable",
  ],
  [
    [
      ["maxUnavailable", 2],
      ["lock.chef", { root: "/lock" }],
    ],
    "maxUnavailable: must be 1 with lock.chef, is 2: the cookbook's lock has one holder",
  ],
  [
    [
      ["lock.maxHolders", 2],
      ["lock.chef", { root: "/lock" }],
    ],
    "lock.maxHolders: must be 1 with lock.chef: the cookbook's lock has one holder",
  ],
  [
    [
      ["canary", { count: 1 }],
      ["action", { command: "true" }],
    ],
    "canary: needs `health` or `process`: there would be nothing to tell whether it passed",
  ],
  [[["order", ["web3"]]], "order.0: there is no such host: web3"],
  [[["order", ["toString"]]], "order.0: there is no such host: toString"],
  [[["order", ["web1", "web2", "web1"]]], "order.2: web1 stands twice"],
];
