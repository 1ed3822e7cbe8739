/** The identity of a process among a thousand against `pgrep -f` and `ps` over the same link. */
import fs from "node:fs";
import { eventually } from "../tests/support/eventually";
import type { Sandbox } from "../tests/support/sandbox";
import { look } from "../core/process/look";
import type { RemoteHost } from "../core/ssh/types";
import { median, OURS, runBench } from "./frame";
import { open, startServers, timeScript } from "./ssh/link";

const PROCPS = "pgrep -f + ps";
const CROWD = 1000;
const MATCHES = 3;
/** Seconds that no other process sleeps. */
const MARK = 7_654_321;
const PATTERN = `^sleep ${MARK}$`;
const PROCPS_SCRIPT = `ps -o pid=,lstart= -p "$(pgrep -d, -f '${PATTERN}')" >/dev/null`;

runBench("process", async (bench) => {
  await startCrowd(bench.sandbox);
  bench.note(`${processes()} processes on this machine, ${MATCHES} match`);
  const { connections } = await startServers(bench.sandbox);
  const { host } = await open(connections[0]!);
  const figure = bench.figure(`identity among ${CROWD} processes`, "ms");
  const roundTrips = bench.figure("round trips of a look", "");
  const counting = counted(host);

  async function lookOnce(): Promise<number> {
    const begin = performance.now();
    const spec = { commandString: PATTERN, fullCmd: true };
    const sighting = await look(counting.host, spec, { timeout: 60 });
    const took = performance.now() - begin;
    if (sighting.kind === "unknown") throw new Error(sighting.reason);
    if (sighting.identities.length !== MATCHES)
      throw new Error(`saw ${sighting.identities.length} of ${MATCHES}`);
    return took;
  }

  const count = bench.options.quick ? 5 : 15;
  await lookOnce();
  await bench.eachRun(async () => {
    const times: Record<string, number[]> = { [OURS]: [], [PROCPS]: [] };
    counting.take();
    for (let i = 0; i < count; i++) {
      times[OURS]!.push(await lookOnce());
      times[PROCPS]!.push(await timeScript(host, PROCPS_SCRIPT));
    }
    roundTrips.add(OURS, counting.take() / count);
    for (const party of [OURS, PROCPS])
      figure.add(party, median(times[party]!));
  });
  host.release();

  bench.goal({
    what: `identity among ${CROWD} processes vs ${PROCPS}`,
    ...figure.judged(PROCPS),
    relation: "≤",
    bound: 2,
  });
  bench.goal({
    what: "round trips of a look",
    value: roundTrips.summary(OURS)!.max,
    relation: "=",
    bound: 1,
  });
});

const processes = () =>
  fs.readdirSync("/proc").filter((name) => /^\d+$/.test(name)).length;

/** A thousand processes, a few of which match. */
async function startCrowd(sandbox: Sandbox): Promise<void> {
  const before = processes();
  const start = (count: number, seconds: number) =>
    sandbox.spawn("sh", [
      "-c",
      `i=0; while [ $i -lt ${count} ]; do sleep ${seconds} & i=$((i+1)); done; wait`,
    ]);
  start(CROWD - MATCHES, MARK + 1);
  start(MATCHES, MARK);
  await eventually("all processes run", () => processes() >= before + CROWD, {
    within: 30_000,
  });
}

/** Counts the scripts that a host is asked to run. */
function counted(host: RemoteHost): { host: RemoteHost; take(): number } {
  let count = 0;
  return {
    host: {
      run: (script, options) => {
        count++;
        return host.run(script, options);
      },
      awaitGuard: (key, timeout, options) =>
        host.awaitGuard(key, timeout, options),
      fateOf: (guard, timeout, options) => host.fateOf(guard, timeout, options),
      release: () => host.release(),
    },
    take() {
      const taken = count;
      count = 0;
      return taken;
    },
  };
}
