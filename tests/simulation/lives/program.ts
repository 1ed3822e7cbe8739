/** What a user writes: the resources of a stack, as a life draws and edits them. */
import type { Dice } from "../../chaos/dice";

export const SECRETS = [
  "hunter2-of-the-host",
  "hunter3-of-the-environment",
  "hunter4-of-zookeeper",
  "hunter5-of-sudo",
];

export interface Member {
  key: string;
  machine: string;
  group?: string;
  trigger?: number;
}

/** A `RollingAction`, or a `LockedAction`: then it has one member. */
export interface Resource {
  kind: "rolling" | "locked";
  urn: string;
  members: Member[];
  trigger: number;
  /** A command's letter, or what is done with the service. */
  act: { command: string } | { perform: string };
  process: boolean;
  pattern: "web" | "wbe";
  gate: boolean;
  health: boolean;
  drain: boolean;
  undrain: boolean;
  minHealthy: number;
  always: boolean;
  record: boolean;
  canary: { count: number; minHealthy?: number } | null;
  groups: "together" | "oneAtATime" | null;
  maxUnavailable: number | string;
  maxPerGroup: number;
  maxFailures: number;
  order: string[];
  lock: string;
  /** Of a `LockedAction`: its lock data. */
  data: string | null;
  ownerGrace: number;
  onFailedHolder: "fail" | "wait";
  skip: boolean;
  chef: boolean;
  credentials: boolean;
  logging: boolean;
}

export type Inputs = Record<string, unknown>;

/** What is wanted of one machine: what an act there must be for. */
export function wanted(resource: Resource, { trigger }: Member): string {
  const own = resource.kind === "rolling" && trigger !== undefined;
  return JSON.stringify([
    textOf(resource),
    resource.trigger,
    own ? trigger : 0,
  ]);
}

/** The act as the host sees it. */
export function textOf({ act, urn }: Resource): string {
  return "command" in act
    ? `act ${act.command} # ${urn}`
    : `service ${act.perform}`;
}

/** A canary needs something that can show it to be well. */
export function canaryOf({
  canary,
  health,
  process,
  act,
}: Resource): Resource["canary"] {
  return health || process || "perform" in act ? canary : null;
}

export function inputsOf(resource: Resource): Inputs {
  const { kind, urn, members, act, process, pattern, lock } = resource;
  const { gate, health, drain, undrain, minHealthy } = resource;
  const shared = {
    action:
      "command" in act
        ? {
            command: textOf(resource),
            timeout: 20,
            environment: { TOKEN: SECRETS[1] },
          }
        : {
            service: "web",
            perform: act.perform,
            timeout: 20,
            sudo: true,
            sudoPassword: SECRETS[3],
          },
    triggers: [resource.trigger],
    ...(process ? { process: { commandString: pattern } } : {}),
    ...(gate ? { gate: { command: "gate", timeout: 10 } } : {}),
    ...(health
      ? { health: { command: "health", timeout: 20, minHealthy } }
      : {}),
    ...(drain ? { drain: { command: "drain", timeout: 10 } } : {}),
    ...(undrain ? { undrain: { command: "undrain", timeout: 10 } } : {}),
    ...(resource.always ? { always: true } : {}),
    ...(resource.record ? { onCreate: "record" } : {}),
    ...(resource.logging ? { logging: "stdoutAndStderr" } : {}),
    lock: {
      ...{ name: lock, timeout: 120, maxWait: 600 },
      ...{
        ownerGrace: resource.ownerGrace,
        onFailedHolder: resource.onFailedHolder,
      },
      ...(resource.skip ? { skip: true } : {}),
      ...(resource.chef ? { chef: { root: "/chef" } } : {}),
      ...(resource.credentials
        ? { auth: [{ credentials: `web:${SECRETS[2]}` }] }
        : {}),
      ...(kind === "locked" && resource.data ? { data: resource.data } : {}),
      ...(kind === "locked" && resource.maxUnavailable !== 1
        ? {
            maxHolders: resource.maxUnavailable,
            maxFailures: resource.maxFailures,
          }
        : {}),
      ...(resource.groups === "together"
        ? { maxPerGroup: resource.maxPerGroup }
        : {}),
    },
    __urn: urn,
    __provider: "the text of the provider",
  };
  if (kind === "locked") return { ...shared, ...addressOf(members[0]!) };
  const { groups, maxUnavailable, maxFailures, order } = resource;
  const canary = canaryOf(resource);
  return {
    ...shared,
    hosts: Object.fromEntries(
      members.map((member) => [
        member.key,
        {
          ...addressOf(member),
          ...(groups && member.group ? { group: member.group } : {}),
          ...(member.trigger === undefined
            ? {}
            : { triggers: [member.trigger] }),
        },
      ]),
    ),
    maxUnavailable,
    ...(groups === "oneAtATime" ? {} : { maxFailures }),
    ...(groups ? { groups } : {}),
    ...(canary ? { canary } : {}),
    ...(order.length ? { order } : {}),
  };
}

function addressOf({ machine }: Member): Inputs {
  const connection = {
    host: machine,
    user: "ops",
    password: SECRETS[0],
    dialErrorLimit: 2,
  };
  return { connection };
}

const PERFORMS = [
  "restart",
  "restart",
  "restart",
  "reload",
  "try-restart",
  "reload-or-restart",
  "start",
  "stop",
];

export function drawResource(
  dice: Dice,
  kind: Resource["kind"],
  urn: string,
  machines: string[],
  lock: string,
): Resource {
  const rolling = kind === "rolling";
  const grouped = rolling && dice.chance(0.3);
  const command = dice.chance(0.6);
  const count = rolling
    ? 1 + Math.floor(dice.next() * Math.min(5, machines.length))
    : 1;
  const drains = dice.chance(0.5);
  const act = command ? { command: "A" } : { perform: dice.of(PERFORMS) };
  const width = rolling
    ? dice.of([1, 1, 2, 3, "25%", "50%"])
    : dice.of([1, 1, 2]);
  return {
    ...{ kind, urn, lock, trigger: 1, data: null, order: [] },
    members: machines.slice(0, count).map((machine, i) => ({
      key: machine,
      machine,
      ...(grouped ? { group: i % 2 ? "g2" : "g1" } : {}),
    })),
    act,
    process: dice.chance(command ? 0.6 : 0.3),
    pattern: "web",
    gate: dice.chance(0.2),
    // what is stopped is not healthy
    health: dice.chance(0.5) && !("perform" in act && act.perform === "stop"),
    drain: drains,
    undrain: drains && dice.chance(0.9),
    minHealthy: dice.of([0, 0, 3]),
    always: dice.chance(0.1),
    record: dice.chance(0.1),
    canary:
      rolling && dice.chance(0.35)
        ? {
            count: dice.of([1, 1, 2]),
            ...(dice.chance(0.5) ? { minHealthy: 4 } : {}),
          }
        : null,
    groups: grouped ? dice.of(["together", "oneAtATime"]) : null,
    maxUnavailable: width,
    maxPerGroup: dice.of([1, 2]),
    maxFailures: 1,
    ownerGrace: dice.of([0, 1, 30]),
    onFailedHolder: dice.chance(0.9) ? "fail" : "wait",
    skip: dice.chance(0.04),
    chef: false,
    credentials: dice.chance(0.2),
    logging: dice.chance(0.3),
  };
}
