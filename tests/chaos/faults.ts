import { setTimeout as pause } from "node:timers/promises";
import { clear, hold, LockError, setLimits, unhold } from "../../core/lock";
import type { Proxy } from "../support/proxy";
import type { Dice } from "./dice";
import { LOCKS, ROOT } from "./locks";
import { look, operatorOf, type Scene } from "./scene";
import { putForeignNodes, runChef } from "./strangers";

export type Fault = (scene: Scene) => Promise<void>;

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
async function tried<T>(act: () => Promise<T>): Promise<T | null> {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof LockError)) throw error;
    return null;
  }
}

/** Name, share, and what it does. */
export type Faults = [string, number, Fault][];

export const CLIENT_FAULTS: Faults = [
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

export const OPERATOR_ACTS: Faults = [
  [
    "hold",
    4,
    async ({ operators, dice }) => {
      const locks = await tried(() => look(operators));
      if (!locks?.length) return;
      const { path } = dice.of(locks);
      const operator = operatorOf(operators, path);
      await tried(() => hold(operator, path, act));
      await pause(dice.between(1, 400));
      await tried(() => unhold(operator, path, act));
    },
  ],
  [
    "other limits",
    3,
    async ({ operators, dice }) => {
      const lock = dice.of(LOCKS.filter((each) => each.set));
      const maxHolders = dice.of(lock.set!);
      const path = `${ROOT}/${lock.name}`;
      const operator = operatorOf(operators, path);
      await tried(() => setLimits(operator, path, { maxHolders }, act));
    },
  ],
  [
    "clear",
    5,
    async ({ clients, operators, dice, journal }) => {
      const acting = clients.map(({ long }) => long?.holder); // it has a fate of its own
      const locks = (await tried(() => look(operators))) ?? [];
      const holders = locks.flatMap(({ path, holders }) =>
        holders
          .filter(({ id }) => !acting.includes(id))
          .map(({ id }) => ({ path, id })),
      );
      if (holders.length === 0) return;
      const { path, id } = dice.of(holders);
      const forceLive = dice.chance(0.5);
      const operator = operatorOf(operators, path);
      journal.write({ kind: "clearing", holder: id });
      await tried(() => clear(operator, path, id, { ...act, forceLive }));
    },
  ],
];

export const STRANGERS: Faults = [
  [
    "foreign nodes",
    1,
    ({ operators, dice }) => putForeignNodes(operators.open, dice),
  ],
  ["Chef run", 4, ({ operators, dice }) => runChef(operators.open, dice)],
];

/** What befalls a client that acts for long: it must be known to be alive again, or stop. */
export const AMID_AN_ACT: [string, Fault][] = [
  [
    "session lost amid an act",
    async (scene) => {
      await onPath((proxy) => (proxy.mode = "blackhole"), 2500, 2600)(scene);
      // nothing else befalls it: what it owes by then is certain
      const { until } = scene.clients[0]!.long!;
      await pause(Math.max(0, until - Date.now()));
    },
  ],
  [
    "cleared amid an act",
    async ({ clients, operators, journal }) => {
      const { lock, holder } = clients[0]!.long!;
      const operator = operatorOf(operators, lock);
      journal.write({ kind: "clearing", holder });
      await tried(() =>
        clear(operator, lock, holder, { ...act, forceLive: true }),
      );
    },
  ],
];
/** Milliseconds that the act must go on for its client's fate to show. */
export const LONG_ENOUGH = 8000;

export const SERVER_FAULTS: Faults = [
  [
    "killed leader",
    2,
    async ({ servers }) => {
      const modes = await Promise.all(servers.map((server) => server.mode()));
      const leads = /^(leader|standalone)$/;
      const leader = servers.find((_, i) => leads.test(modes[i]!));
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
