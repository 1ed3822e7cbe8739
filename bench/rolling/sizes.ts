import { median, OURS, quantile, type Figure, type Question } from "../frame";
import { startWire, type Counts } from "../lock/wire";
import type { Ground } from "./ground";
import { Simulation, type Rolled } from "./simulation";

const SIZES = [10, 100, 1000, 10_000];
const LARGEST_QUICK = 1000;
const WIDTH = 10;
/** Milliseconds. */
const ACT = 10;
/** A session each: enough to see whether wake-ups grow. */
const APART = [10, 100, 1000];
const LARGEST_QUICK_APART = 100;

/** Fleets of all sizes: what a roll costs for each of its hosts. */
export function sizes({ bench, server }: Ground): Question {
  const { quick } = bench.options;
  const asked = SIZES.filter((size) => !quick || size <= LARGEST_QUICK);
  const each = (what: string, unit: string, of = asked): [number, Figure][] =>
    of.map((size) => [size, bench.figure(`${what}, ${size} hosts`, unit)]);
  const requests = each("requests per host", "");
  const bytes = each("bytes on the wire per host", "KB");
  const events = each("watch events per release", "");
  const makespans = each("a host's share of the makespan", "ms");
  const waits = each("wait for the lock, median", "ms");
  const longest = each("wait for the lock, 99 %", "ms");
  const askedApart = APART.filter(
    (size) => !quick || size <= LARGEST_QUICK_APART,
  );
  const wakeUps = each("wake-ups per release", "", askedApart);

  async function rolled(
    size: number,
    apart: boolean,
  ): Promise<Pick<Rolled, "makespan"> & { counts: Counts; waits: number[] }> {
    bench.progress(`rolls ${size} hosts${apart ? ", a session each" : ""}`);
    const wire = await startWire(server.port);
    const options = { act: ACT, apart };
    const simulation = await Simulation.open(wire.connect, options);
    wire.take();
    const { makespan, lock } = await simulation.roll(size, WIDTH);
    const counts = wire.take();
    const waits = await simulation.waits(lock);
    await simulation.close();
    await wire.close();
    return { makespan, counts, waits };
  }

  return {
    // counts do not depend on the machine's mood
    async measure(run) {
      if (run > 0) return;
      for (const [i, size] of asked.entries()) {
        const { counts, makespan, waits: waited } = await rolled(size, false);
        requests[i]![1].add(OURS, counts.requests / size);
        bytes[i]![1].add(OURS, counts.bytes / size / 1000);
        events[i]![1].add(OURS, counts.events / size);
        makespans[i]![1].add(OURS, makespan / size);
        waits[i]![1].add(OURS, median(waited));
        longest[i]![1].add(OURS, quantile(waited, 0.99));
      }
      for (const [size, figure] of wakeUps) {
        const { counts } = await rolled(size, true);
        figure.add(OURS, counts.wakeUps / size);
      }
    },
    judge() {
      const value = (figures: [number, Figure][], i: number) =>
        figures.at(i)![1].of(OURS)[0]!;
      const sizesOf = `${asked.at(-1)} hosts vs ${asked[0]}`;
      bench.goal({
        what: `requests per host, ${sizesOf}`,
        value: value(requests, -1) / value(requests, 0),
        relation: "≤",
        bound: 1.1,
      });
      bench.goal({
        what: `bytes per host, ${asked.at(-1)} hosts vs 100`,
        value: value(bytes, -1) / value(bytes, 1),
        relation: "≤",
        bound: 1.5,
      });
      bench.goal({
        what: `wake-ups per release, worst of ${askedApart.join("/")} hosts`,
        value: Math.max(...wakeUps.map(([, figure]) => figure.of(OURS)[0]!)),
        relation: "≤",
        bound: 2,
      });
    },
  };
}
