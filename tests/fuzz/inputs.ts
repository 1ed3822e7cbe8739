import fc from "fast-check";
import { createLockedAction } from "../../provider/locked-action";
import { createRollingAction } from "../../provider/rolling-action";
import { Runtime } from "../../provider/runtime";
import { Status } from "../../provider/status";
import { like } from "./mutate";
import { bounded, type Property } from "./property";

const rights = { sudo: "deploy", sudoPassword: "x" };
const command = { command: "true", timeout: 5, ...rights };
const lock = {
  ...{ name: "a/b c", root: "/x/y", servers: "a:1,b:2/chroot", data: "rack" },
  ...{ maxHolders: 1, maxPerGroup: 2, maxFailures: 1, timeout: 0.5 },
  ...{ maxWait: 10, retryInterval: 1, ownerGrace: 0, onFailedHolder: "wait" },
  ...{ skip: false, auth: [{ credentials: "u:p" }] },
  chef: { root: "/lock", name: "x", mode: "exact" },
};
const parts = {
  action: { command: "true", stdin: "", environment: { A: "b" }, ...rights },
  triggers: [1, "x", null, { a: [true] }],
  process: { commandString: "java.*DataNode", fullCmd: true, user: "hdfs" },
  gate: { ...command, interval: 0.1 },
  health: { ...command, interval: 0.1, minHealthy: 1 },
  ...{ drain: command, undrain: command },
};
const shared = {
  ...parts,
  ...{ always: false, onCreate: "record", logging: "stderr" },
  __urn: "urn:pulumi:s::p::t::n",
};
const connection = {
  ...{ host: "2001:db8::7", port: 2222, user: "ops", password: "x" },
  ...{ dialErrorLimit: -1, perDialTimeout: 0, knownHosts: "" },
  proxy: { host: "jump", proxy: { host: "jump2" } },
};
const single = { ...shared, connection, target: "web3", lock };
const short = {
  connection: { host: "web1" },
  action: { service: "nginx" },
  process: { user: 1000 },
  lock: { name: "x", servers: "zk" },
};
const fleet = {
  ...shared,
  hosts: {
    web1: { connection, target: "a", group: "g", ...parts },
    web2: { connection: { host: "web2" }, group: "g" },
    web3: { connection: { host: "web3" }, group: "h" },
  },
  lock: {
    ...lock,
    data: undefined,
    maxPerGroup: undefined,
    maxHolders: undefined,
  },
  ...{ maxUnavailable: "25%", groups: "oneAtATime", order: ["web2", "web1"] },
  ...{ maxFailures: 1, canary: { count: 1, minHealthy: 5 } },
};
delete fleet.lock.data;
delete fleet.lock.maxPerGroup;
delete fleet.lock.maxHolders;
const plain = {
  hosts: { web1: { connection: { host: "web1" } } },
  action: { service: "nginx" },
  lock: { name: "x", servers: "zk" },
};

const failure = {
  ...{ since: "2026-01-01T00:00:00Z", count: 2, step: "act", reason: "x" },
  ...{ phase: "attempted", runKey: "k", drained: true, act: "abc" },
  baseline: { identities: ["b/1/2"], invocationId: "i" },
  verifiedBy: ["process"],
};
const kept = {
  ...{ holder: "a-b", subject: "s", why: "failed", target: "t", path: "/p/x" },
  lock: {
    servers: "zk",
    name: "x",
    data: "d",
    chef: { root: "/l", mode: "exact" },
  },
};
const state = {
  ...{ schemaVersion: 1, urnHash: "h", target: "web3", runKey: "k" },
  lock: { servers: "a:1", name: "x", data: "d", maxHolders: 2, path: "/p" },
  marks: { gate: "m", process: "p" },
  ...{ outcome: "acted", verified: true, verifiedBy: ["exitCode"] },
  ...{ startedAt: "2026", finishedAt: "2026", warnings: ["w"], failure, kept },
  keptAuth: [{ scheme: "digest", credentials: "u:p" }],
};
const fleetState = {
  ...{ schemaVersion: 1, urn: "u", runKey: "k", mark: "m", verified: false },
  lock: { servers: "a:1", name: "x", data: "", path: "/p" },
  results: {
    web1: { verified: true, at: "2026", failure, kept, process: ["p"] },
  },
  removed: { web9: { verified: false, target: "t", group: "g", kept } },
  summary: "1 done",
  failure: { since: "x", count: 1, reason: "r", urn: "u" },
};

/** Where a problem is, and what it is; settings and whole locks have names of their own. */
const PROBLEM = /^[^]+: ./;

function answersOf(
  kind: string,
  create: typeof createLockedAction | typeof createRollingAction,
  inputs: Record<string, unknown>[],
  states: Record<string, unknown>[],
): Property[] {
  const provider = () => create(new Runtime(new Status(() => {})));
  return [
    {
      name: `check of a ${kind} answers whatever it is given, and names the property`,
      runs: 400,
      property: () =>
        fc.asyncProperty(like(...inputs), async (news) => {
          const { failures } = await bounded("check", () =>
            provider().check({}, news),
          );
          const strange = failures.find(({ reason }) => !PROBLEM.test(reason));
          if (strange) throw new Error(`no property named: ${strange.reason}`);
          return true;
        }),
    },
    {
      name: `diff of a ${kind} answers whatever check has passed and a state holds`,
      runs: 400,
      property: () =>
        fc.asyncProperty(
          like(...inputs),
          like(...states),
          async (news, olds) => {
            const { inputs: checked, failures } = await provider().check(
              olds,
              news,
            );
            const wanted =
              failures.length > 0 ? structuredClone(inputs[0]!) : checked;
            await bounded("diff", () => provider().diff("id", olds, wanted));
            return true;
          },
        ),
    },
  ];
}

export const INPUTS: Property[] = [
  ...answersOf("LockedAction", createLockedAction, [single, short], [state]),
  ...answersOf(
    "RollingAction",
    createRollingAction,
    [fleet, plain],
    [fleetState],
  ),
];
