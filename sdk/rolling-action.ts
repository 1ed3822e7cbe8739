import * as pulumi from "@pulumi/pulumi";
import type {
  ActionArgs,
  GateArgs,
  HealthArgs,
  OnlyIfArgs,
  ProcessArgs,
  SideCommandArgs,
} from "./action";
import type { ConnectionArgs } from "./connection";
import { isPlain, ownInputs, secret } from "./inputs";
import type { LockArgs, LockResult } from "./lock";
import { actionInput, lockInput, sideInputs } from "./secret-parts";

/** As in `LockedAction`: it stands in every state, and never changes. */
const PROVIDER =
  'exports.handler = () => require("pulumi-locked-action/provider").rollingAction';

const TYPE = "pulumi-nodejs:dynamic:RollingAction";

/** What the fleet has, and a host may have of its own. */
export interface RollingPartsArgs {
  /** Which processes prove a restart. @default the unit of `action.service` on a host with systemd, else none */
  process?: pulumi.Input<ProcessArgs>;
  /** Asked under the lock, before the gate, whether a host needs the action at all; one that does not counts as done. @default it does */
  onlyIf?: pulumi.Input<OnlyIfArgs>;
  /** Asked under the lock, for each host anew, whether it may act now: is the cluster green? */
  gate?: pulumi.Input<GateArgs>;
  /** Asked after the act until the host is healthy, and has been so for `minHealthy` seconds. */
  health?: pulumi.Input<HealthArgs>;
  /** Takes the host out of service before the act. It may be run again when a failed run is resumed. */
  drain?: pulumi.Input<SideCommandArgs>;
  /** Puts it back into service when all is well, or when nothing was done. */
  undrain?: pulumi.Input<SideCommandArgs>;
}

/** One host of the fleet. */
export interface RollingHostArgs extends RollingPartsArgs {
  /** How to reach it. Always secret in the state, as a whole; a change of it alone runs nothing. */
  connection: pulumi.Input<ConnectionArgs>;
  /** Names the machine in locks and messages; no two hosts may have the same. @default the host, with `:port` if that is not 22 */
  target?: pulumi.Input<string>;
  /** Its group, a rack say: the lock data. Needs `groups`. @default a group of its own */
  group?: pulumi.Input<string>;
  /** Instead of the fleet's. */
  action?: pulumi.Input<ActionArgs>;
  /** Beside the fleet's: it alone is acted on again when one of them changes. @default [] */
  triggers?: pulumi.Input<pulumi.Input<unknown>[]>;
}

/** The canaries of a roll. */
export interface CanaryArgs {
  /** How many go before all others, each in its turn. */
  count: pulumi.Input<number>;
  /** Seconds that they must stay healthy. `health.timeout` grows by as much. @default `health.minHealthy` */
  minHealthy?: pulumi.Input<number>;
}

/** All durations are in seconds; fractions are allowed. */
export interface RollingActionArgs extends RollingPartsArgs {
  /**
   * The hosts, by names that stay: adding or removing one touches no other. They are taken in
   * this order, but for those that come first: see `order`.
   */
  hosts: pulumi.Input<Record<string, pulumi.Input<RollingHostArgs>>>;
  /** What to do on each. */
  action: pulumi.Input<ActionArgs>;
  /** Any values: the action runs again, on all hosts, when one of them changes. @default [] */
  triggers?: pulumi.Input<pulumi.Input<unknown>[]>;
  /** Run with every `pulumi up`. @default false */
  always?: pulumi.Input<boolean>;
  /** `record`: of hosts that are new, only look and store the identity of the processes. @default "act" */
  onCreate?: pulumi.Input<"act" | "record">;
  /** The lock that each host takes for itself. `maxUnavailable`, `groups` and `maxFailures` are its limits, in every stack that shares it. */
  lock: pulumi.Input<Omit<LockArgs, "data">>;
  /**
   * How many may be down at once: a number, or a percentage, rounded down but at least 1 ("25%" of 40 is
   * 10, of 10 is 2, of 3 is 1). Hosts; with `groups: "together"` groups; with `"oneAtATime"` members of the one
   * group (of the smallest, for a percentage). @default `lock.maxHolders`, else 1
   */
  maxUnavailable?: pulumi.Input<number | string>;
  /**
   * `together`: `maxUnavailable` counts groups, and up to `lock.maxPerGroup` (then required) of one group go at
   * once. `oneAtATime`: one group after the other, `maxUnavailable` of it at once. @default each host by itself
   */
  groups?: pulumi.Input<"together" | "oneAtATime">;
  /** Nobody else starts before these have passed. Needs `health`, `process` or a service. @default none */
  canary?: pulumi.Input<CanaryArgs>;
  /**
   * The n-th failure, of whatever kind, stops the roll; the n-th that keeps its lock stops everybody who
   * shares it. At most `maxUnavailable`; 1 with `groups: "oneAtATime"`. @default `lock.maxFailures`, else 1
   */
  maxFailures?: pulumi.Input<number>;
  /**
   * Names of hosts that go before the others. Those that owe an action, keep a lock, or whose process is down
   * always go first: taking them in hand lowers nothing. @default the order of `hosts`
   */
  order?: pulumi.Input<pulumi.Input<string>[]>;
  /** Which output of the commands may be shown in errors. @default "none" */
  logging?: pulumi.Input<"none" | "stdout" | "stderr" | "stdoutAndStderr">;
}

/** What is known of one host. */
export interface HostResult {
  /** The machine. Absent: the host's name. */
  target?: string;
  /** Its lock data. Absent: the target. */
  group?: string;
  /** What its last run did; absent while none has ended well. */
  outcome?:
    "acted" | "alreadyRestarted" | "notNeeded" | "recorded" | "skippedLock";
  /** Absent: the `runKey` of the fleet. */
  runKey?: string;
  /** Identities `bootId/pid/startTicks` of its processes after it; two at most. */
  process?: string[];
  /** A process or a health check said yes. */
  verified: boolean;
  /** ISO 8601: when its last run ended. */
  at?: string;
  /** It went before the others, and passed. */
  canary?: boolean;
  /** What it owes, and why. */
  failure?: {
    since: string;
    count: number;
    step: string;
    phase: "record" | "owed" | "attempted" | "acted" | "verified";
    reason: string;
  };
}

/** What is owed by the fleet. */
export interface RollFailureResult {
  /** ISO 8601: when the roll failed for the first time. */
  since: string;
  /** Failed attempts since then. */
  count: number;
  reason: string;
}

/**
 * Takes a fleet in hand, host by host, each as a `LockedAction` would: under the lock, with a proof, and with a
 * lock that stays where it failed. One resource, with a scheduler of its own: order, canaries, groups and
 * budgets do not depend on `--parallel`, and a broken host always gets its turn.
 *
 * A roll that failed, was cancelled or killed goes on where it stopped.
 */
export class RollingAction extends pulumi.CustomResource {
  /** By the hosts' names. */
  declare readonly results: pulumi.Output<Record<string, HostResult>>;
  /** `40 of 40 done (28 not needed)` */
  declare readonly summary: pulumi.Output<string>;
  /** Each host was verified by its last run. */
  declare readonly verified: pulumi.Output<boolean>;
  declare readonly lock: pulumi.Output<LockResult>;
  /** ISO 8601 */
  declare readonly startedAt: pulumi.Output<string | undefined>;
  /** ISO 8601 */
  declare readonly finishedAt: pulumi.Output<string | undefined>;
  declare readonly warnings: pulumi.Output<string[] | undefined>;
  declare readonly failure: pulumi.Output<RollFailureResult | undefined>;

  constructor(
    name: string,
    args: RollingActionArgs,
    opts?: pulumi.CustomResourceOptions,
  ) {
    const inputs = {
      ...outputsToCome,
      ...args,
      hosts: hostsInput(args.hosts),
      order: orderInput(args),
      action: actionInput(args.action),
      lock: lockInput(args.lock),
      ...sideInputs(args),
      ...ownInputs(TYPE, name, opts?.parent),
      __provider: PROVIDER,
    };
    const hidden = { additionalSecretOutputs: ["keptAuth"] };
    super(TYPE, name, inputs, pulumi.mergeOptions(hidden, opts));
  }
}

/** Outputs exist only for keys that are there from the start. */
const outputsToCome = {
  ...{ results: undefined, summary: undefined, verified: undefined },
  ...{ startedAt: undefined, finishedAt: undefined },
  ...{ warnings: undefined, failure: undefined },
};

/** Each host with what is secret of it; one that is not known yet is secret as a whole. */
function hostsInput(hosts: RollingActionArgs["hosts"]): unknown {
  if (!isPlain(hosts)) return secret(hosts);
  const entries = Object.entries(hosts).map(([key, host]) => [
    key,
    isPlain(host) ? hostInput(host) : secret(host),
  ]);
  return Object.fromEntries(entries);
}

/** All hosts by name: the order of an object's keys does not survive the way to the provider. */
function orderInput({ hosts, order }: RollingActionArgs): unknown {
  if (isPlain(hosts) && order === undefined) return Object.keys(hosts);
  const names = isPlain(hosts)
    ? Object.keys(hosts)
    : pulumi.output(hosts).apply((all) => Object.keys(all));
  return pulumi.output(names).apply((all) =>
    pulumi.output(order ?? []).apply((first): unknown =>
      // what is no list is left to be told by the provider
      Array.isArray(first) ? [...new Set([...first, ...all])] : first,
    ),
  );
}

function hostInput(host: Record<string, unknown>): Record<string, unknown> {
  return {
    ...host,
    connection: secret(host.connection),
    ...(host.action === undefined ? {} : { action: actionInput(host.action) }),
    ...sideInputs(host),
  };
}
