import { text } from "node:stream/consumers";
import { OURS, type Figure, type Question } from "../frame";
import { inNode } from "../lock/parties";
import type { Ground } from "./ground";

const SIZES = [1000, 10_000];

/** What each host takes in memory while it waits for its turn. */
export function memory({ bench, server }: Ground): Question {
  const figures = SIZES.map((size): [number, Figure] => [
    size,
    bench.figure(`memory of each of ${size} waiting hosts`, "KB"),
  ]);

  async function waiting(size: number): Promise<number> {
    bench.progress(`${size} hosts wait`);
    const { command, args } = inNode("../rolling/waiting.ts", "--expose-gc");
    const own = [...args, server.connect, String(size)];
    const child = bench.sandbox.spawn(command, own, {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const bytes = Number(await text(child.stdout!));
    if (!(bytes > 0)) throw new Error("a process said nothing of its memory");
    return bytes;
  }

  return {
    async measure(run) {
      if (run > 0) return;
      for (const [size, figure] of figures)
        figure.add(OURS, (await waiting(size)) / 1000);
    },
    judge() {
      const [few, many] = figures.map(([, figure]) => figure.of(OURS)[0]!);
      bench.goal({
        what: `memory of each waiting host, worst of ${SIZES.join("/")}`,
        value: Math.max(few!, many!),
        ...{ relation: "≤", bound: 20, unit: "KB" },
      });
      bench.goal({
        what: `memory of each waiting host, ${SIZES[1]} vs ${SIZES[0]}`,
        value: many! / few!,
        ...{ relation: "≤", bound: 1.1 },
      });
    },
  };
}
