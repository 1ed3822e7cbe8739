import { OURS, type Question } from "../frame";
import { PLAIN_RESOURCES } from "../rolling/programs";
import type { Ground } from "./ground";
import { StackParty } from "./party";
import { ACTING, lockedActions } from "./programs";

const PLAIN = "plain dynamic with ssh2";

/** As many actions under locks of their own, against resources that dial, run the command and hang up. */
export async function acting(ground: Ground): Promise<Question> {
  const { bench } = ground;
  const figure = bench.figure(`up of ${ACTING} \`true\`, 8 at once`, "s");
  const common = { resources: ACTING };
  const parties = [
    await StackParty.create(ground, OURS, {
      ...{ project: "acting", withPackage: true, ...common },
      program: lockedActions(ACTING),
    }),
    await StackParty.create(ground, PLAIN, {
      ...{ project: "dialling", withPackage: false, ...common },
      program: PLAIN_RESOURCES,
    }),
  ];
  return {
    async measure(run) {
      const order = run % 2 === 0 ? parties : [...parties].reverse();
      for (const party of order) figure.add(party.name, await party.up());
    },
    judge() {
      bench.goal({
        what: `up of ${ACTING} vs ${PLAIN}`,
        ...figure.judged(PLAIN),
        ...{ relation: "≤", bound: 1 },
      });
    },
  };
}
