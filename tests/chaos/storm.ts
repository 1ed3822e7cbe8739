import { setTimeout as pause } from "node:timers/promises";
import {
  clear,
  hold,
  LockError,
  listLocks,
  setLimits,
  unhold,
  type LockView,
} from "../../core/lock";
import type { Session } from "../../core/zookeeper/session";
import type { Proxy } from "../support/proxy";
import type { ZookeeperServer } from "../support/zookeeper";
import type { Client } from "./clients";
import { Dice } from "./dice";
import type { Journal } from "./journal";
import { LOCKS, ROOT } from "./locks";

export interface Scene {
  clients: Client[];
  servers: ZookeeperServer[];
  /** Not behind a proxy. */
  operator: Session;
  journal: Journal;
  dice: Dice;
}

type Fault = (scene: Scene) => Promise<void>;

/** A fault of the path between one client and its servers, and its end. */
const onPath =
  (
    begin: (proxy: Proxy, dice: Dice) => void,
    shortest: number,
    longest: number,
  ): Fault =>
  async ({ clients, dice }) => {
    const { proxies } = dice.of(clients);
    for (const proxy of proxies) begin(proxy, dice);
    await pause(dice.between(shortest, longest));
    for (const proxy of proxies) {
      proxy.mode = "ok";
      proxy.delay = 0;
      proxy.cut();
    }
  };

const act = { by: "chaos", why: "chaos" };

/** An operator's own acts may fail as they do for people: what counts is what they leave. */
async function tried(act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof LockError)) throw error;
  }
}

const look = (session: Session): Promise<LockView[]> =>
  listLocks(session, ROOT);

/** Name, share, and what it does. */
type Faults = [string, number, Fault][];

const CLIENT_FAULTS: Faults = [
  ["cut", 20, onPath((proxy) => proxy.cut(), 0, 1)],
  ["lost replies", 16, onPath((p) => (p.mode = "dropReplies"), 2, 60)],
  ["lost requests", 12, onPath((p) => (p.mode = "dropRequests"), 2, 60)],
  ["cut in a reply", 10, onPath((proxy) => proxy.cutMidReply(), 1, 20)],
  ["next reply lost", 10, onPath((proxy) => proxy.loseNextReply(), 1, 40)],
  [
    "delay",
    10,
    onPath((proxy, dice) => (proxy.delay = dice.between(1, 120)), 20, 200),
  ],
  ["blackhole", 2, onPath((proxy) => (proxy.mode = "blackhole"), 1500, 3500)],
  [
    "frozen client",
    2,
    async ({ clients, dice }) => {
      const client = dice.of(clients);
      client.signal("SIGSTOP");
      await pause(dice.between(200, 3000));
      client.signal("SIGCONT");
    },
  ],
  [
    "killed client",
    1,
    async ({ clients, dice }) => {
      const client = dice.of(clients);
      await client.kill();
      client.start();
    },
  ],
];

const OPERATOR_ACTS: Faults = [
  [
    "hold",
    4,
    async ({ operator, dice }) => {
      const locks = await look(operator);
      if (locks.length === 0) return;
      const { path } = dice.of(locks);
      await tried(() => hold(operator, path, act));
      await pause(dice.between(1, 150));
      await tried(() => unhold(operator, path, act));
    },
  ],
  [
    "other limits",
    3,
    async ({ operator, dice }) => {
      const lock = dice.of(LOCKS.filter((each) => each.set));
      const maxHolders = dice.of(lock.set!);
      const path = `${ROOT}/${lock.name}`;
      await tried(() => setLimits(operator, path, { maxHolders }, act));
    },
  ],
  [
    "clear",
    5,
    async ({ operator, dice, journal }) => {
      const holders = (await look(operator)).flatMap(({ path, holders }) =>
        holders.map(({ id }) => ({ path, id })),
      );
      if (holders.length === 0) return;
      const { path, id } = dice.of(holders);
      const forceLive = dice.chance(0.2);
      journal.write({ kind: "clearing", holder: id });
      await tried(() => clear(operator, path, id, { ...act, forceLive }));
    },
  ],
];

const SERVER_FAULTS: Faults = [
  [
    "killed leader",
    2,
    async ({ servers }) => {
      const modes = await Promise.all(servers.map((server) => server.mode()));
      const leader = servers[modes.indexOf("leader")];
      await leader?.restart();
    },
  ],
  [
    "frozen server",
    3,
    async ({ servers, dice }) => {
      const server = dice.of(servers);
      server.pause();
      await pause(dice.between(100, 1500));
      server.resume();
    },
  ],
];

/** Faults for each client, and beside them an operator's acts and the servers' own faults, until `over`; counts each. */
export async function storm(
  scene: Omit<Scene, "dice">,
  seed: number,
  over: () => boolean,
  counts: Record<string, number>,
): Promise<void> {
  const blow = async (
    faults: Faults,
    lull: [number, number],
    scene: Scene,
  ): Promise<void> => {
    const deck = faults.flatMap(([name, share, fault]) =>
      Array.from({ length: share }, () => ({ name, fault })),
    );
    while (!over()) {
      const { name, fault } = scene.dice.of(deck);
      counts[name] = (counts[name] ?? 0) + 1;
      await fault(scene);
      await pause(scene.dice.between(...lull));
    }
  };
  const { clients, servers } = scene;
  const dice = (i: number) => new Dice(seed * 100 + i);
  await Promise.all([
    blow(OPERATOR_ACTS, [100, 600], { ...scene, dice: dice(0) }),
    servers.length > 1 &&
      blow(SERVER_FAULTS, [1000, 8000], { ...scene, dice: dice(1) }),
    ...clients.map((client, i) =>
      blow(CLIENT_FAULTS, [30, 600], {
        ...scene,
        clients: [client],
        dice: dice(2 + i),
      }),
    ),
  ]);
}
