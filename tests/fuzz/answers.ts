import fc from "fast-check";
import { stillAlive } from "../../core/process/alive";
import { look } from "../../core/process/look";
import { createHostPool } from "../../core/ssh/pool";
import type { HostPool } from "../../core/ssh/types";
import { check } from "../../core/zookeeper/operations";
import { parseServers } from "../../core/zookeeper/servers";
import { Session } from "../../core/zookeeper/session";
import { connect } from "../ssh/connect";
import { startEarlyServer } from "../ssh/early-server";
import { startProxy } from "../support/proxy";
import { Sandbox } from "../support/sandbox";
import { startZookeeper } from "../support/zookeeper";
import { anyCut, cutOut, type Cut } from "./mutate";
import { answered, bounded, type Property } from "./property";

/** Which chunk of what comes is changed, and how. */
type Damage = [chunk: number, cut: Cut];
const damage = (chunks: number): fc.Arbitrary<Damage[]> =>
  fc.array(fc.tuple(fc.nat(chunks), anyCut), { minLength: 1, maxLength: 3 });

function damaging(damages: Damage[]): (chunk: Buffer) => Buffer {
  let count = 0;
  return (chunk) => {
    const at = count++;
    return damages
      .filter(([which]) => which === at)
      .reduce((bytes, [, cut]) => cutOut(bytes, cut), chunk);
  };
}

let port = 0;

/** Everything that a session is asked has an answer, and it can be closed. */
async function ask(damages: Damage[]): Promise<void> {
  const proxy = await startProxy(port);
  proxy.alter = damaging(damages);
  const servers = parseServers(proxy.connect);
  const session = new Session({ servers, sessionTimeout: 4000 });
  try {
    const within = 3000;
    await answered(
      "ready",
      10,
      session.ready({ within }).catch(() => null),
    );
    const path = `/x${Math.random()}`;
    const asked = [
      session.create(path, Buffer.from("data"), "ephemeral"),
      session.getData(path),
      session.getChildren("/"),
      session.multi([check("root", "/")]),
      session.setData(path, Buffer.alloc(0), -1),
      session.remove(path),
    ].map((each) => each.catch((error: unknown) => ({ error })));
    for (const reply of await answered("replies", 20, Promise.all(asked)))
      if (!("code" in reply))
        throw new Error("a reply that is no code", { cause: reply });
  } finally {
    await answered("close", 20, session.close());
    await proxy.close();
  }
}

let host: { port: number; hostKey: string };
let pool: HostPool;
let alter = (bytes: Buffer) => bytes;

/** Whatever a host says, each script has an end, and each question an answer. */
async function script(damages: Damage[]): Promise<void> {
  alter = damaging(damages);
  const leased = await pool.lease(connect({ host: "127.0.0.1", ...host }));
  try {
    const guard = { key: "fuzz", runId: `run-${Math.random()}` };
    const signal = AbortSignal.timeout(1000);
    const body = "echo out; echo err >&2; exit 3";
    const ended = await answered(
      "run",
      30,
      leased.run({ body, timeout: 2, guard }, { signal }),
    );
    if (!["exit", "timeout", "signal", "unknown"].includes(ended.kind))
      throw new Error(`an end of another kind: ${JSON.stringify(ended)}`);
    const other = AbortSignal.timeout(1000);
    const spec = { commandString: "init" };
    await answered(
      "look",
      30,
      look(leased, spec, { timeout: 2, signal: other }),
    );
    await answered(
      "alive",
      30,
      stillAlive(leased, [], { timeout: 2, signal: other }),
    );
  } finally {
    leased.release();
  }
}

export const ANSWERS: Property[] = [
  {
    ...{ name: "answers of ZooKeeper that were changed on the way", runs: 12 },
    start: async () => {
      const sandbox = await Sandbox.create();
      port = (await startZookeeper(sandbox)).port;
      return () => sandbox.stop();
    },
    property: () =>
      fc.asyncProperty(damage(8), async (damages) => {
        await bounded("a session", () => ask(damages));
        return true;
      }),
  },
  {
    ...{ name: "output of a host that was changed on the way", runs: 6 },
    start: async () => {
      const sandbox = await Sandbox.create();
      const server = await startEarlyServer(sandbox, {
        alter: (printed) => alter(printed),
      });
      host = { port: server.port, hostKey: server.hostKey };
      pool = createHostPool();
      return async () => {
        pool.close();
        server.close();
        await sandbox.stop();
      };
    },
    property: () =>
      fc.asyncProperty(damage(6), async (damages) => {
        await bounded("a script", () => script(damages));
        return true;
      }),
  },
];
