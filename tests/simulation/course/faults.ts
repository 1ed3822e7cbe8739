import type { Dice } from "../../chaos/dice";
import type { World } from "../time/world";
import type { Ensemble, Server } from "../zookeeper";
import type { ServerConnection } from "../zookeeper/connection";
import type { Operator } from "./operators";
import type { Worker } from "./worker";

export interface Scene {
  world: World;
  ensemble: Ensemble;
  workers: Worker[];
  dice: Dice;
  sessionTimeout: number;
  operator: Operator;
  /** The process that a fault is to strike, if it can. */
  target: string | null;
  note(who: string, what: string): void;
}

type Fault = (scene: Scene) => void;

function connectionOf({
  ensemble,
  dice,
  target,
}: Scene): ServerConnection | null {
  const all = ensemble.servers.flatMap(({ connections }) => [...connections]);
  const aimed = all.find(({ session }) => session?.by === target);
  return aimed ?? (all.length > 0 ? dice.of(all) : null);
}

const workerOf = ({ workers, dice, target }: Scene): Worker =>
  workers.find(({ party }) => party.name === target) ?? dice.of(workers);

const who = ({ session }: ServerConnection): string => session?.by ?? "nobody";

/** Some fraction of the session's time-out, or longer than it. */
const spell = ({ dice, sessionTimeout }: Scene): number =>
  dice.next() * dice.next() * sessionTimeout * 2;

const FAULTS: Record<string, Fault> = {
  /** What is on its way is lost in both directions, but the first of it. */
  cut(scene) {
    const { dice, note } = scene;
    const connection = connectionOf(scene);
    if (!connection) return;
    note(who(connection), "its connection is cut");
    for (const direction of ["up", "down"] as const) {
      const under = connection.underWay(direction);
      connection.lose(direction, Math.floor(dice.next() * (under + 1)));
    }
    connection.reset();
  },
  /** Answers are lost; nobody is told of it. */
  silent(scene) {
    const { dice, note } = scene;
    const connection = connectionOf(scene);
    if (!connection) return;
    const direction = dice.of(["up", "down"] as const);
    note(who(connection), `its connection is silent (${direction})`);
    connection.lose(direction, 1);
  },
  /** Messages take long. */
  slow(scene) {
    const { dice, note } = scene;
    const connection = connectionOf(scene);
    if (!connection) return;
    const direction = dice.of(["up", "down"] as const);
    const ms = spell(scene);
    note(
      who(connection),
      `its connection is slow (${direction}): ${Math.round(ms)} ms`,
    );
    connection.slower[direction] = ms;
  },
  frozenServer(scene) {
    const { world, ensemble, dice, note } = scene;
    const server: Server = dice.of(ensemble.servers);
    const ms = spell(scene);
    note(server.host, `frozen for ${Math.round(ms)} ms`);
    world.freeze(server.party, ms);
  },
  laggingServer(scene) {
    const { world, ensemble, dice, note } = scene;
    const server: Server = dice.of(ensemble.servers);
    const ms = spell(scene);
    note(server.host, `lags ${Math.round(ms)} ms behind`);
    server.lagUntil(world.now + ms);
  },
  /** A leader dies: all lose their connections, all sessions get their time anew. */
  election({ ensemble, note }) {
    note("all servers", "a new leader");
    for (const server of ensemble.servers) server.cutAll();
    ensemble.renewSessions();
  },
  frozenProcess(scene) {
    const { world, note } = scene;
    const { party } = workerOf(scene);
    const ms = spell(scene);
    note(party.name, `frozen for ${Math.round(ms)} ms`);
    world.freeze(party, ms);
  },
  /** By its own clock; the server keeps the old session, and what was sent in it may still come. */
  lostSession(scene) {
    const { dice, world } = scene;
    const worker = workerOf(scene);
    const { party } = worker;
    if (!worker.session) return;
    const late = dice.chance(0.75);
    if (late) slowed(scene, party.name);
    const lose = () => loseSession(scene, worker);
    // what it sends in between arrives when it has gone on
    world.after(late ? dice.next() * dice.next() * 30 : 0, lose, party);
  },
  expired({ ensemble, dice, note }) {
    const ids = [...ensemble.sessions.keys()];
    if (ids.length === 0) return;
    const id = dice.of(ids);
    note(ensemble.sessions.get(id)!.by, "its session expires");
    ensemble.expire(id);
  },
  clockJump({ ensemble, dice, note }) {
    note("leader", "its clock is put forward");
    ensemble.servers[0]!.party.skew += Math.floor(dice.between(0, 3_600_000));
  },
};

/** Its session is over by its own clock; the server keeps it, and what was sent in it may still come. */
export function loseSession(
  { note }: Pick<Scene, "note">,
  worker: Worker,
): void {
  if (!worker.session) return;
  note(worker.name, "its session counts as lost");
  (worker.session as unknown as { lose(why: string): void }).lose("its clock");
}

/** What it sends from now on is late. */
function slowed(scene: Scene, name: string): void {
  for (const { connections } of scene.ensemble.servers)
    for (const connection of connections)
      if (connection.session?.by === name) connection.slower.up = spell(scene);
}

/** Each as often as it stands here. */
const NAMES = [
  ...Object.keys(FAULTS),
  ...Array.from({ length: 6 }, () => "lostSession"),
  "cut",
];

/** One fault, of any kind. */
export function strike(scene: Scene): void {
  FAULTS[scene.dice.of(NAMES)]!(scene);
}

/** All is well again. */
export function heal({ ensemble }: Scene): void {
  for (const { connections } of ensemble.servers)
    for (const connection of connections) {
      connection.slower = { up: 0, down: 0 };
      const { up, down } = connection.broken;
      if (up || down) connection.reset();
    }
}
