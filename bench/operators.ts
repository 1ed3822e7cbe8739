/** What `locked-action` takes of a person's time where thousands wait for a lock. */
import { ownerKey, lockPath } from "../core/lock/tree/paths";
import { encodeHolder, encodeLock } from "../core/lock/tree/records";
import { create } from "../core/zookeeper/operations";
import { parseServers } from "../core/zookeeper/servers";
import { Session } from "../core/zookeeper/session";
import { locked } from "../tests/cli/command";
import type { Sandbox } from "../tests/support/sandbox";
import { startZookeeper } from "../tests/support/zookeeper";
import { median, OURS, runBench } from "./frame";

const CROWD = 5000;
const ROOT = "/locked-action";
/** The same program without anything to do: starting Node. */
const NOTHING = "--version";

runBench("operators", async (bench) => {
  const { sandbox, options } = bench;
  const { connect } = await startZookeeper(sandbox);
  const session = await crowd(connect);
  bench.note(`${CROWD} wait for one lock`);
  const commands = [
    ["list"],
    ["list", "--json"],
    ["show", "web"],
    ["show", "web", "--json"],
  ];
  const figures = commands.map((words) => bench.figure(words.join(" "), "s"));
  const count = options.quick ? 2 : 5;
  await bench.eachRun(async () => {
    for (const [i, words] of commands.entries()) {
      const times: number[] = [];
      for (let n = 0; n < count; n++)
        times.push(await timed(sandbox, [...words, "--servers", connect]));
      figures[i]!.add(OURS, median(times));
      figures[i]!.add(NOTHING, await timed(sandbox, [NOTHING]));
    }
  });
  await session.close();
  for (const [i, words] of commands.entries())
    bench.goal({
      what: `${words.join(" ")} of ${CROWD} waiters, in seconds`,
      value: figures[i]!.summary(OURS)!.median,
      relation: "≤",
      bound: 1,
    });
});

async function timed(sandbox: Sandbox, words: string[]): Promise<number> {
  const begin = performance.now();
  const { code, stderr } = await locked(sandbox, words);
  if (code !== 0) throw new Error(stderr);
  return (performance.now() - begin) / 1000;
}

/** One session stands for all who wait. */
async function crowd(connect: string): Promise<Session> {
  const session = new Session({ servers: parseServers(connect) });
  await session.ready({ within: 30_000 });
  const lock = lockPath(ROOT, "web");
  const limits = { maxHolders: 1, maxPerGroup: null, maxFailures: 1 };
  const data = encodeLock({ limits, hold: null, mirrors: [] });
  await session.multi([
    create("root", ROOT),
    create("lock", lock, data),
    ...["holders", "waiters", "history"].map((name) =>
      create(name, `${lock}/${name}`),
    ),
  ]);
  for (let i = 0; i < CROWD; i += 250)
    await Promise.all(
      Array.from({ length: 250 }, (_, n) => waiter(session, lock, i + n)),
    );
  return session;
}

async function waiter(session: Session, lock: string, number: number) {
  const owner = { target: `web${number}.example.com`, subject: "nginx" };
  const record = encodeHolder({
    ...{ v: 1, group: owner.target, ...owner, run: "r", from: "ann@ci7" },
    ...{ action: "restart nginx", since: new Date().toISOString() },
    ...{ urn: `urn:pulumi:prod::fleet::web${number}`, state: "held" },
  } as Parameters<typeof encodeHolder>[0]);
  const name = `${ownerKey(lock, owner)}-${number.toString(16).padStart(16, "0")}-`;
  const path = `${lock}/waiters/${name}`;
  const { code } = await session.create(path, record, "ephemeralSequential");
  if (code !== "OK") throw new Error(`${path}: ${code}`);
}
