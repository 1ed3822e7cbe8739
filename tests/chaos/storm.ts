import { setTimeout as pause } from "node:timers/promises";
import { Dice } from "./dice";
import {
  AMID_AN_ACT,
  CLIENT_FAULTS,
  LONG_ENOUGH,
  OPERATOR_ACTS,
  SERVER_FAULTS,
  STRANGERS,
  type Faults,
} from "./faults";
import type { Scene } from "./scene";

type Blow = (
  faults: Faults,
  lull: [number, number],
  scene: Scene,
  due?: Faults,
) => Promise<void>;

/** Faults for each client, and beside them an operator's acts and the servers' own faults, until `over`; counts each. */
export async function storm(
  scene: Omit<Scene, "dice">,
  seed: number,
  over: () => boolean,
  counts: Record<string, number>,
): Promise<void> {
  // one that fails ends all: its error is told when the others have ended
  let broken = false;
  const blow: Blow = (...args) =>
    blowOn(...args).catch((error: unknown) => {
      broken = true;
      throw error;
    });
  const blowOn = async (
    faults: Faults,
    lull: [number, number],
    scene: Scene,
    due: Faults = [],
  ): Promise<void> => {
    const first = due.map(([name, , fault]) => ({ name, fault }));
    const deck = faults.flatMap(([name, share, fault]) =>
      Array.from({ length: share }, () => ({ name, fault })),
    );
    while (!broken && (first.length > 0 || !over())) {
      const { name, fault } =
        amid(scene) ?? first.shift() ?? scene.dice.of(deck);
      counts[name] = (counts[name] ?? 0) + 1;
      await fault(scene);
      await pause(scene.dice.between(...lull));
    }
  };
  let strikes = 0;
  /** Each kind in turn, so that a short run has all. */
  const amid = ({ clients }: Scene) => {
    const [client, ...others] = clients;
    if (others.length > 0 || !client?.long || client.long.struck) return null;
    if (client.long.until - Date.now() < LONG_ENOUGH) return null;
    client.long.struck = true;
    const [name, fault] = AMID_AN_ACT[strikes++ % AMID_AN_ACT.length]!;
    return { name, fault };
  };
  const { clients } = scene;
  const dice = (i: number) => new Dice(seed * 100 + i);
  const ended = await Promise.allSettled([
    blow(OPERATOR_ACTS, [50, 300], { ...scene, dice: dice(0) }),
    blow(STRANGERS, [20, 400], { ...scene, dice: dice(-1) }, STRANGERS),
    // few in a short run: each kind comes once before chance has its way
    blow(
      SERVER_FAULTS,
      [1000, 8000],
      { ...scene, dice: dice(1) },
      SERVER_FAULTS,
    ),
    ...clients.map((client, i) =>
      blow(CLIENT_FAULTS, [30, 600], {
        ...scene,
        clients: [client],
        dice: dice(2 + i),
      }),
    ),
  ]);
  for (const end of ended) if (end.status === "rejected") throw end.reason;
}
