import fs from "node:fs";
import path from "node:path";
import { runAction, systemClock } from "../../../core/action";
import type { ActionOutcome, ActionSpec } from "../../../core/action/types";
import { createHostPool } from "../../../core/ssh/pool";
import type { ConnectionOptions } from "../../../core/ssh/types";
import { createSessionPool } from "../../../core/zookeeper/pool";
import { startProxy, type Proxy } from "../../support/proxy";
import { Sandbox } from "../../support/sandbox";
import { Dice } from "../dice";
import { serve, type Server } from "./server";

export interface ActsOptions {
  server: Server;
  /** How many acts. */
  acts: number;
  seed: number;
}

/** What became of them. */
export interface ActsReport {
  /** By what was told: `success`, `exit 3`, `unknown`, `not begun`. */
  told: Record<string, number>;
  /** Bodies that ran. */
  ran: number;
  cuts: number;
  /** Each a sentence. */
  violations: string[];
}

/** Acts at once: each has a target of its own. */
const WORKERS = 4;
/** Milliseconds in which an act's link is cut: from before its first script to after its last word. */
const CUT_WITHIN = 900;
/** Seconds for one act. */
const TIMEOUT = 20;

/** One act, and what its user was told. */
interface Told {
  id: string;
  exit: number;
  outcome: ActionOutcome;
}

/**
 * Runs acts over links that are cut at random, and compares what was told of each with what its body wrote on the host. The lock is
 * skipped: what is asked here is what a host, its SSH server and the guard make of an act.
 */
export async function runActs(options: ActsOptions): Promise<ActsReport> {
  const { acts, seed } = options;
  const sandbox = await Sandbox.create();
  const dice = new Dice(seed);
  const journal = path.join(sandbox.dir, "journal");
  fs.writeFileSync(journal, "", { mode: 0o666 });
  const told: Told[] = [];
  let next = 0;
  let cuts = 0;
  const worker = async (
    number: number,
    proxy: Proxy,
    connection: ConnectionOptions,
  ) => {
    while (next < acts) {
      const id = `act${next++}`;
      const exit = dice.of([0, 0, 0, 3, 7]);
      const spec = specOf({ id, exit, number, journal, connection, dice });
      const timer = dice.chance(0.7)
        ? setTimeout(
            () => {
              cuts++;
              proxy.cut();
            },
            dice.between(0, CUT_WITHIN),
          )
        : undefined;
      const outcome = await run(spec);
      clearTimeout(timer);
      told.push({ id, exit, outcome });
    }
  };
  try {
    const { port, connection, close } = await serve(sandbox, options.server);
    const proxies = await Promise.all(
      Array.from({ length: WORKERS }, () => startProxy(port)),
    );
    await Promise.all(
      proxies.map((proxy, number) =>
        worker(number, proxy, { ...connection, port: proxy.port }),
      ),
    );
    await Promise.all(proxies.map((proxy) => proxy.close()));
    close();
    return { ...judge(told, fs.readFileSync(journal, "utf8")), cuts };
  } finally {
    await sandbox.stop();
  }
}

async function run(spec: ActionSpec): Promise<ActionOutcome> {
  const hosts = createHostPool({ keepalive: 1 });
  const sessions = createSessionPool();
  const never = new AbortController().signal;
  try {
    return await runAction(spec, {
      ...{ hosts, sessions, clock: systemClock },
      ...{ signal: never, halt: never, report: () => {} },
    });
  } finally {
    hosts.close();
    await sessions.close();
  }
}

interface Act {
  id: string;
  exit: number;
  number: number;
  journal: string;
  connection: ConnectionOptions;
  dice: Dice;
}

function specOf(act: Act): ActionSpec {
  const { id, exit, number, journal, connection, dice } = act;
  const lasts = dice.between(0, 0.4).toFixed(2);
  const target = `host${number}`;
  return {
    mode: "act",
    ...{ runKey: id, debt: null, kept: null, process: null },
    owner: { target, subject: "chaos" },
    connection: { ...connection, dialErrorLimit: 20, perDialTimeout: 10 },
    act: {
      kind: "command",
      command: `echo "began ${id}" >>${journal}; sleep ${lasts}; echo "ended ${id} ${exit}" >>${journal}; exit ${exit}`,
      timeout: TIMEOUT,
    },
    lock: {
      ...{
        servers: "none",
        auth: [],
        root: "/x",
        name: "chaos",
        group: target,
      },
      limits: { maxHolders: WORKERS, maxPerGroup: null, maxFailures: 1 },
      ...{ timeout: 60, maxWait: 60, retryInterval: 5, ownerGrace: 0 },
      ...{ onFailedHolder: "fail", skip: true },
    },
    facts: { from: "chaos", action: id },
    show: { stdout: true, stderr: true },
    secrets: [],
  };
}

/** What each was told to be, against what its body wrote. */
function judge(told: Told[], journal: string): Omit<ActsReport, "cuts"> {
  const lines = journal.trim().split("\n");
  const times = (line: string) => lines.filter((one) => one === line).length;
  const counts: Record<string, number> = {};
  const violations: string[] = [];
  for (const { id, exit, outcome } of told) {
    const said = saying(outcome);
    counts[said] = (counts[said] ?? 0) + 1;
    const [began, ended] = [times(`began ${id}`), times(`ended ${id} ${exit}`)];
    const wrong = (what: string) =>
      violations.push(
        `${id}: ${what}: told ${said}, began ${began} times, ended ${ended} times with ${exit}: ${outcome.ok ? "" : outcome.reasons.join(" / ")}`,
      );
    if (began > 1) wrong("ran twice");
    if (said === "not begun" && began > 0) wrong("it had begun");
    if (said === "success" && (ended !== 1 || exit !== 0)) wrong("no success");
    if (said.startsWith("exit ") && (ended !== 1 || said !== `exit ${exit}`))
      wrong("another exit");
    if (said === "unknown") wrong("its end could have been known");
  }
  const ran = lines.filter((line) => line.startsWith("began ")).length;
  const begun = told.length - (counts["not begun"] ?? 0);
  if (ran !== begun)
    violations.push(`${ran} bodies ran, ${begun} were told as begun`);
  return { told: counts, ran, violations };
}

function saying(outcome: ActionOutcome): string {
  if (outcome.ok) return "success";
  if (!outcome.touched) return "not begun";
  return outcome.exitCode === undefined
    ? "unknown"
    : `exit ${outcome.exitCode}`;
}
