/** SSH against the OpenSSH client: dial, a script on an open connection, a hundred hosts at once. */
import path from "node:path";
import { json } from "node:stream/consumers";
import { median, OURS, runBench, type Bench } from "./frame";
import type { Crowd } from "./ssh/crowd";
import { open, startServers, timeScript } from "./ssh/link";
import { OpenSsh } from "./ssh/openssh";

const OPENSSH = "OpenSSH client";
const CONTROL_MASTER = "ssh, ControlMaster";
const HOSTS = 100;

runBench("ssh", async (bench) => {
  bench.note("the login shell reads no start-up file, for both parties");
  const { login, connections } = await startServers(bench.sandbox, HOSTS);
  const [options] = connections;
  const openssh = new OpenSsh(bench.sandbox, login);
  const dial = bench.figure("dial, run `true`, close", "ms");
  const further = bench.figure("a further script on an open connection", "ms");
  const memory = bench.figure(
    `memory of ${HOSTS} hosts at once, above idle`,
    "MB",
  );
  const together = bench.figure(
    `dial and \`true\` on ${HOSTS} hosts at once`,
    "ms",
  );
  const reached = bench.figure(`hosts reached of ${HOSTS}`, "");

  async function dialOnce(): Promise<number> {
    const begin = performance.now();
    const { host } = await open(options!);
    await timeScript(host, "true");
    host.release();
    return performance.now() - begin;
  }

  const shared = await open(options!);
  await timeScript(shared.host, "true");
  await openssh.runShared("true");
  const count = bench.options.quick ? 6 : 20;
  await bench.eachRun(async () => {
    const dials = await alternately(count, dialOnce, () => openssh.run("true"));
    dial.add(OURS, median(dials[0]));
    dial.add(OPENSSH, median(dials[1]));
    const scripts = await alternately(
      count * 3,
      () => timeScript(shared.host, "true"),
      () => openssh.runShared("true"),
    );
    further.add(OURS, median(scripts[0]));
    further.add(CONTROL_MASTER, median(scripts[1]));
    const crowd = await crowdOf(bench, connections);
    memory.add(OURS, crowd.memory);
    together.add(OURS, crowd.took);
    reached.add(OURS, crowd.reached);
    for (const reason of crowd.reasons) bench.note(reason);
  });
  shared.host.release();

  bench.goal({
    what: "dial, run `true`, close vs the OpenSSH client",
    ...dial.judged(OPENSSH),
    relation: "≤",
    bound: 1.2,
  });
  bench.goal({
    what: "a further script on an open connection, median",
    value: further.summary(OURS)!.median,
    relation: "≤",
    bound: 5,
    unit: "ms",
  });
  bench.goal({
    what: "a further script vs ssh with ControlMaster",
    ...further.judged(CONTROL_MASTER),
    relation: "≤",
    bound: 0.5,
  });
  bench.goal({
    what: `memory of ${HOSTS} hosts at once, above idle`,
    value: memory.summary(OURS)!.median,
    relation: "≤",
    bound: 100,
    unit: "MB",
  });
  bench.goal({
    what: `hosts reached of ${HOSTS} at once`,
    value: Math.min(...reached.of(OURS)),
    relation: "=",
    bound: HOSTS,
  });
});

/** Ours and the peer's in turn: a slow moment of the machine hits both. */
async function alternately(
  count: number,
  ...measures: [() => Promise<number>, () => Promise<number>]
): Promise<[number[], number[]]> {
  const times: [number[], number[]] = [[], []];
  for (let i = 0; i < count; i++) {
    times[0].push(await measures[0]());
    times[1].push(await measures[1]());
  }
  return times;
}

async function crowdOf(bench: Bench, connections: unknown): Promise<Crowd> {
  const child = bench.sandbox.spawn(
    process.execPath,
    [
      "--expose-gc",
      "--require",
      "tsx/cjs",
      path.join(__dirname, "ssh/crowd.ts"),
    ],
    { stdio: ["pipe", "pipe", "inherit"] },
  );
  child.stdin!.on("error", () => {}); // told by the answer that never comes
  child.stdin!.end(JSON.stringify(connections));
  return (await json(child.stdout!)) as Crowd;
}
