import { parseArgs } from "node:util";
import type { ChaosOptions } from "./run";

export const HELP = `Runs the lock under random faults: client processes behind proxies that cut, delay,
drop and freeze, clients and servers that are frozen and killed, operators who clear,
hold and change N, nodes that somebody made by hand, a Chef node that shares a lock and
crashes. Then proves from ZooKeeper's own log, and from what the clients
wrote, that the lock kept its promises.

  --cycles N    until locks were got N times in all (default 10000)
  --seed N      of the dice (default: another one each time; it is printed)
  --ensemble    on an ensemble of three, not on one server: other servers go on when one is killed
  --clients N   client processes (default 4)
  --workers N   workers in each, each with a lock to take again and again (default 10)
  --help

Exits with 1 on a violation. \`npm run chaos -- run\` does the same for \`locked-action run\`.`;

/** What the command line asks for; null: the help. @throws Error that says what is wrong with it */
export function readOptions(
  args: string[],
): Required<Omit<ChaosOptions, "onProgress">> | null {
  const { values } = parseArgs({
    args,
    options: {
      cycles: { type: "string", default: "10000" },
      seed: { type: "string", default: String(Date.now() % 1_000_000) },
      ensemble: { type: "boolean", default: false },
      clients: { type: "string", default: "4" },
      workers: { type: "string", default: "10" },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return null;
  const number = (name: "cycles" | "seed" | "clients" | "workers") => {
    const least = name === "seed" ? 0 : 1;
    const value = Number(values[name]);
    if (!/^\d+$/.test(values[name]) || value < least)
      throw new Error(`--${name} ${values[name]}: expected a whole number`);
    return value;
  };
  return {
    ensemble: values.ensemble,
    cycles: number("cycles"),
    seed: number("seed"),
    clients: number("clients"),
    workers: number("workers"),
  };
}
