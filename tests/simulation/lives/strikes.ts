import { clear, hold, unhold } from "../../../core/lock";
import { lockPath } from "../../../core/lock/tree/paths";
import type { Trouble, MemoryHost } from "./host";
import { MACHINES, type Stage } from "./stage";
import type { Up } from "./up";
import { MemorySessions } from "./zookeeper";

/** Something that befalls an `up` as it asks for something for the n-th time. */
export interface Strike {
  at: number;
  text: string;
  hit: (up: Up, host: MemoryHost | null) => void;
}

type Kind =
  | "kill"
  | "cancel"
  | "term"
  | "link"
  | "reboot"
  | "session"
  | "clear"
  | "force"
  | "hold"
  | "restart"
  | "break"
  | "trouble";

const KINDS: Kind[] = [
  ...([
    "kill",
    "kill",
    "kill",
    "cancel",
    "term",
    "link",
    "link",
    "link",
  ] as const),
  ...([
    "reboot",
    "session",
    "clear",
    "force",
    "hold",
    "restart",
    "break",
    "trouble",
  ] as const),
];

export function drawStrikes(stage: Stage): Strike[] {
  const { dice } = stage;
  const count = dice.of([0, 0, 0, 1, 1, 1, 2]);
  return Array.from({ length: count }, () => {
    const at = 1 + Math.floor(dice.next() ** 1.5 * 60);
    return { at, ...drawStrike(stage, dice.of(KINDS)) };
  });
}

function drawStrike(stage: Stage, kind: Kind): Omit<Strike, "at"> {
  const { dice } = stage;
  const machine = stage.machines.get(dice.of(MACHINES))!;
  switch (kind) {
    case "kill":
      return { text: "the provider is killed", hit: (up) => up.kill() };
    case "cancel":
      return {
        text: "Ctrl-C",
        hit: (up) =>
          up.provider.runtime.stopAll("the Pulumi program has ended"),
      };
    case "term":
      return {
        text: "the provider gets SIGTERM",
        hit: (up) =>
          void up.provider.runtime.close().then(async () => {
            await stage.hop(10);
            up.kill();
          }),
      };
    case "link":
      return {
        text: "the link is lost",
        hit: (up, host) => up.provider.hosts.loseLink((host ?? machine).name),
      };
    case "reboot": {
      const back = dice.chance(0.7);
      return {
        text: "the host reboots",
        hit: (up, host) => reboot(stage, up, host ?? machine, back),
      };
    }
    case "session":
      return {
        text: "the session with ZooKeeper is lost",
        hit: (up) =>
          up.provider.sessions.session?.lose(
            dice.chance(0.5) ? "waits" : "forgets",
          ),
      };
    case "clear":
    case "force":
      return {
        text: `an operator clears a holder${kind === "force" ? " by force" : ""}`,
        hit: (up) => void clearOne(stage, lockOf(up), kind === "force"),
      };
    case "hold":
      return {
        text: "an operator holds the lock",
        hit: (up) => void holdFor(stage, lockOf(up), dice.of([5, 50, 400])),
      };
    case "restart":
      return {
        text: "somebody restarts the service by hand",
        hit: (_, host) => (host ?? machine).restartByHand(),
      };
    case "break":
      return {
        text: "the service dies",
        hit: (_, host) => (host ?? machine).stopService(),
      };
    case "trouble": {
      const trouble = drawTrouble(stage);
      const text = Object.entries(trouble)
        .map((each) => each.join(" "))
        .join();
      return {
        text: `from now on: ${text}`,
        hit: (_, host) =>
          void Object.assign((host ?? machine).trouble, trouble),
      };
    }
  }
}

export function drawTrouble({ dice }: Stage): Trouble {
  return dice.of<Trouble>([
    { unreachable: true },
    { act: "refuses" },
    { act: "half" },
    { act: "fails late" },
    { act: "no process" },
    { act: "same process" },
    { act: "hangs" },
    { drain: true },
    { undrain: true },
    { undrain: true },
    { health: true },
    { health: true },
    { gate: "not yet" },
    { gate: "never" },
  ]);
}

const lockOf = (up: Up): string => up.project.resources[0]?.lock ?? "lock";

function reboot(stage: Stage, up: Up, host: MemoryHost, back: boolean): void {
  up.provider.hosts.loseLink(host.name);
  const before = host.identities;
  host.reboot(back);
  stage.tell(
    `${host.name} went down${back ? "" : ", and its service stays down"}; it had ${before.join() || "no process"}`,
  );
}

/** An operator's own session: in nobody's name. */
async function operate(
  stage: Stage,
  work: (session: never) => Promise<unknown>,
): Promise<void> {
  await stage.hop();
  const sessions = new MemorySessions(stage.server, null, () => {});
  const lease = await sessions.lease();
  await work(lease.session as never).catch((error: unknown) =>
    stage.tell(`the operator is told: ${(error as Error).message}`),
  );
  await lease.release();
}

export async function clearOne(
  stage: Stage,
  name: string,
  force: boolean,
): Promise<void> {
  const lock = lockPath("/locked-action", name);
  const holders = stage.reference.holders(lock);
  if (holders.length > 0)
    await clearHolder(stage, lock, stage.dice.of(holders), force);
}

/** What nobody but operators can know of. */
export async function clearForgotten(stage: Stage): Promise<void> {
  const { reference, server } = stage;
  for (const name of server.list("/locked-action"))
    for (const holder of reference.holders(lockPath("/locked-action", name)))
      if (reference.cleared.has(holder.id.split("-")[0]!))
        await clearHolder(stage, holder.path, holder, true);
}

async function clearHolder(
  stage: Stage,
  lock: string,
  holder: ReturnType<Stage["reference"]["holders"]>[0],
  force: boolean,
): Promise<void> {
  const { reference } = stage;
  const { id } = holder;
  const doing = { by: "op", why: "it is well", forceLive: force };
  await operate(stage, async (session) => {
    reference.clears(holder);
    await clear(session, lock, id, doing);
    stage.tell(`an operator has cleared ${id}`);
  });
}

export async function holdFor(
  stage: Stage,
  name: string,
  seconds: number,
): Promise<void> {
  const lock = lockPath("/locked-action", name);
  await operate(stage, (session) =>
    hold(session, lock, { by: "op", why: "wait" }),
  );
  await stage.hop(seconds * 1000);
  await operate(stage, (session) =>
    unhold(session, lock, { by: "op", why: "go on" }),
  );
}

/** Nothing is on hold, and no lock stands for somebody who does not come back. */
export async function openLock(stage: Stage, name: string): Promise<void> {
  const lock = lockPath("/locked-action", name);
  await operate(stage, (session) =>
    unhold(session, lock, { by: "op", why: "go on" }),
  );
}
