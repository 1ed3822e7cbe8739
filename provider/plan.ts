import { DEFAULT_ROOT } from "../core/text/command";
import type {
  Act,
  HealthProbe,
  LockSpec,
  Probe,
  SideCommand,
} from "../core/action/types";
import type { ProcessSpec } from "../core/process/types";
import type { ConnectionOptions } from "../core/ssh/types";
import { runKey } from "./run-key";
import type { ConnectionInput } from "./schema/connection";
import type { LockedActionInputs } from "./schema/inputs";
import type { Settings } from "./settings";

/** The path under which all locks are, unless somebody says otherwise. */
export { DEFAULT_ROOT };

/** The inputs of a resource with every default applied: what a run needs to know. */
export interface Plan {
  urn?: string;
  target: string;
  subject: string;
  connection: ConnectionOptions;
  act: Act;
  process: ProcessSpec | null;
  lock: LockSpec;
  onlyIf?: SideCommand;
  gate?: Probe;
  health?: HealthProbe;
  drain?: SideCommand;
  undrain?: SideCommand;
  onCreate: "act" | "record";
  always: boolean;
  show: { stdout: boolean; stderr: boolean };
  runKey: string;
}

/** Applies the defaults: the resource wins over the stack's config, that over the environment. */
export function planOf(inputs: LockedActionInputs, settings: Settings): Plan {
  const { onlyIf, gate, health, drain, undrain, logging = "none" } = inputs;
  const target = targetOf(inputs);
  const act = actOf(inputs.action);
  const process = processOf(inputs.process);
  return {
    ...(inputs.__urn ? { urn: inputs.__urn } : {}),
    target,
    subject: subjectOf(act, process, inputs.__urn),
    connection: connectionOf(inputs.connection),
    act,
    process,
    lock: lockOf(inputs.lock, target, settings),
    ...(onlyIf ? { onlyIf: { timeout: 300, ...given(onlyIf) } } : {}),
    ...(gate ? { gate: { interval: 2, timeout: 300, ...given(gate) } } : {}),
    ...(health
      ? {
          health: {
            ...{ interval: 2, timeout: 300, minHealthy: 0 },
            ...given(health),
          },
        }
      : {}),
    ...(drain ? { drain: { timeout: 300, ...given(drain) } } : {}),
    ...(undrain ? { undrain: { timeout: 300, ...given(undrain) } } : {}),
    onCreate: inputs.onCreate ?? "act",
    always: inputs.always ?? false,
    show: {
      stdout: logging === "stdout" || logging === "stdoutAndStderr",
      stderr: logging === "stderr" || logging === "stdoutAndStderr",
    },
    runKey: runKey(inputs.triggers ?? [], act),
  };
}

/** The name of the machine in locks and messages. */
export function targetOf({
  target,
  connection,
}: Pick<LockedActionInputs, "target" | "connection">): string {
  if (target) return target;
  const { host, port = 22 } = connection;
  if (port === 22) return host;
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

export function connectionOf(input: ConnectionInput): ConnectionOptions {
  const { proxy, perDialTimeout, ...rest } = given(input);
  return {
    ...{ port: 22, user: "root", dialErrorLimit: 10 },
    insecureIgnoreHostKey: false,
    ...rest,
    // 0 is "no bound" elsewhere; here every wait has one
    perDialTimeout: perDialTimeout === 0 ? 600 : (perDialTimeout ?? 15),
    ...(proxy ? { proxy: connectionOf(proxy) } : {}),
  };
}

export function actOf(action: LockedActionInputs["action"]): Act {
  const { command, service, perform, reboot, ...more } = given(action);
  const { timeout = reboot ? 900 : 300, ...rest } = more;
  const { stdin, environment, ...rights } = rest;
  if (reboot) return { kind: "reboot", timeout, ...rights };
  if (service !== undefined)
    return {
      ...{ kind: "service", service, perform: perform ?? "restart" },
      ...{ timeout, ...rights },
    };
  return {
    ...{ kind: "command", command: command ?? "" },
    ...(stdin === undefined ? {} : { stdin }),
    ...(environment === undefined ? {} : { environment }),
    ...{ timeout, ...rights },
  };
}

export function processOf(
  process: LockedActionInputs["process"],
): ProcessSpec | null {
  if (!process) return null;
  const { user, ...rest } = given(process);
  return {
    ...rest,
    ...(user === undefined ? {} : { user: String(user) }),
  } as ProcessSpec;
}

/** What of the machine is acted on: who acts on the same is the same owner of a lock, in any stack. */
function subjectOf(
  act: Act,
  process: ProcessSpec | null,
  urn: string | undefined,
): string {
  if (act.kind === "service") return unitName(act.service);
  if (act.kind === "reboot") return "reboot";
  if (!process || "boot" in process) return urn ?? "resource without URN";
  if ("unit" in process) return unitName(process.unit);
  if ("pidFile" in process) return process.pidFile;
  const { commandString = "", user } = process;
  return user ? `${commandString} of user ${user}`.trim() : commandString;
}

function unitName(unit: string): string {
  return unit.replace(/\.service$/, "");
}

export function lockOf(
  lock: LockedActionInputs["lock"],
  target: string,
  settings: Settings,
): LockSpec {
  const { chef } = lock;
  return {
    servers: lock.servers ?? settings.zookeeperServers ?? "",
    auth: authOf(lock, settings),
    root: lock.root ?? settings.lockRoot ?? DEFAULT_ROOT,
    name: lock.name,
    group: lock.data ?? target,
    limits: {
      maxHolders: lock.maxHolders ?? 1,
      maxPerGroup: lock.maxPerGroup ?? null,
      maxFailures: lock.maxFailures ?? 1,
    },
    timeout: lock.timeout ?? settings.lockTimeout ?? 900,
    maxWait: lock.maxWait ?? settings.maxWait ?? 86_400,
    retryInterval: lock.retryInterval ?? settings.retryInterval ?? 30,
    onFailedHolder: lock.onFailedHolder ?? settings.onFailedHolder ?? "fail",
    ownerGrace: lock.ownerGrace ?? settings.ownerGrace ?? 30,
    ...(chef
      ? {
          chef: {
            root: chef.root,
            ...(chef.name === undefined ? {} : { name: chef.name }),
            mode: chef.mode ?? "tagged",
          },
        }
      : {}),
    skip: lock.skip ?? settings.skipCoordination ?? false,
  };
}

function authOf(
  { auth }: LockedActionInputs["lock"],
  { zookeeperAuth }: Settings,
): LockSpec["auth"] {
  if (!auth) return zookeeperAuth ? [zookeeperAuth] : [];
  return auth.map(({ scheme = "digest", credentials }) => ({
    scheme,
    credentials,
  }));
}

/** Without the keys whose value is undefined, so that they don't hide a default. */
function given<T extends object>(value: T): T {
  const entries = Object.entries(value).filter(([, v]) => v !== undefined);
  return Object.fromEntries(entries) as T;
}
