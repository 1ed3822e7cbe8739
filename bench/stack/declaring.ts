import { median, OURS, type Figure, type Question } from "../frame";
import type { Ground } from "./ground";
import { StackParty } from "./party";
import {
  EMPTY_RESOURCES,
  lockedActions,
  PLAIN_RESOURCES,
  RESOURCES,
} from "./programs";

const PLAIN = "plain dynamic";
const EMPTY = "empty provider";

/** Hundreds of resources of which nothing is to be done, or nothing yet. */
export async function declaring(ground: Ground): Promise<Question> {
  const { bench } = ground;
  const preview = bench.figure(`preview of ${RESOURCES}`, "s");
  const idle = bench.figure(`up of ${RESOURCES}, nothing changed`, "s");
  const size = bench.figure("state of each, without connection", "KB");
  const open = (name: string, project: string, program: string) =>
    StackParty.create(ground, name, {
      ...{ project, program, withPackage: name === OURS },
      resources: RESOURCES,
    });
  const parties = [
    await open(OURS, "locked", lockedActions(RESOURCES)),
    await open(PLAIN, "plain", PLAIN_RESOURCES),
    await open(EMPTY, "empty", EMPTY_RESOURCES),
  ];
  bench.note(`${EMPTY}: what Pulumi itself takes, not a peer`);
  let largest = 0;

  async function fill(): Promise<void> {
    for (const party of parties) {
      bench.progress(`first up of ${RESOURCES}: ${party.name}`);
      await party.fill();
      const sizes = await party.sizes();
      size.add(party.name, median(sizes) / 1000);
      if (party.name === OURS) largest = Math.max(...sizes) / 1000;
    }
  }

  return {
    async measure(run) {
      if (run === 0) await fill();
      const first = run % parties.length;
      const order = [...parties.slice(first), ...parties.slice(0, first)];
      for (const party of order) preview.add(party.name, await party.preview());
      for (const party of order) idle.add(party.name, await party.idleUp());
    },
    judge() {
      const timed: [string, Figure][] = [
        ["preview", preview],
        ["up without changes", idle],
      ];
      for (const [what, figure] of timed)
        bench.goal({
          what: `${what} of ${RESOURCES} vs ${PLAIN}`,
          ...figure.judged(PLAIN),
          ...{ relation: "≤", bound: 0.8 },
        });
      bench.goal({
        what: "largest state of one, without connection",
        ...{ value: largest, relation: "≤", bound: 1.5, unit: "KB" },
      });
    },
  };
}
