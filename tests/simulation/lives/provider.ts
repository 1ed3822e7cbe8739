import { createRequire } from "node:module";
import type { Clock } from "../../../core/action";
import type { Script } from "../../../core/ssh/types";
import { Runtime, type Heavy } from "../../../provider/runtime";
import { Status } from "../../../provider/status";
import type { Party, World } from "../time/world";
import type { MemoryHost } from "./host";
import { MemoryHosts } from "./links";
import { MemorySessions, type MemoryServer } from "./zookeeper";

const code = createRequire(__filename)("../../../provider/heavy") as Omit<
  Heavy,
  "hosts" | "sessions"
>;

export interface Line {
  urn: string;
  message: string;
}

/** What happens in a process, told before it does. */
export interface Watch {
  asks(what: string, host: MemoryHost | null): void;
  sends(what: "act" | "drain", host: MemoryHost, script: Script): void;
  says(line: Line): void;
}

interface Surroundings {
  world: World;
  server: MemoryServer;
  machines: ReadonlyMap<string, MemoryHost>;
  /** Whether the engine draws on a terminal. */
  terminal: boolean;
}

/** One provider's process: all that an operation of Pulumi's starts and ends. */
export class Provider {
  readonly party: Party;
  readonly runtime: Runtime;
  readonly hosts: MemoryHosts;
  readonly sessions: MemorySessions;

  constructor(
    name: string,
    { world, server, machines, terminal }: Surroundings,
    watch: Watch,
  ) {
    const party = world.party(name);
    this.party = party;
    this.hosts = new MemoryHosts(machines, world, party, watch);
    this.sessions = new MemorySessions(server, party, (what) =>
      watch.asks(what, null),
    );
    const status = new Status(
      (line) => watch.says(line),
      () => world.now,
      () => terminal,
    );
    const { hosts, sessions } = this;
    const systemClock = clockOf(world);
    this.runtime = new Runtime(status, () => ({
      ...code,
      hosts,
      sessions,
      systemClock,
    }));
    this.runtime.configure({ "locked-action:zookeeperServers": "zk:2181" });
  }

  /** It is gone, at once. */
  kill(): void {
    this.party.dead = true;
    this.sessions.session?.crash();
    this.hosts.close();
  }
}

function clockOf(world: World): Clock {
  return {
    now: () => world.now / 1000,
    date: () => new Date(),
    wait: (seconds, signal) =>
      new Promise((resolve) => {
        const timer = setTimeout(() => {
          signal?.removeEventListener("abort", wake);
          resolve();
        }, seconds * 1000);
        const wake = () => {
          clearTimeout(timer);
          resolve();
        };
        if (signal?.aborted) wake();
        else signal?.addEventListener("abort", wake, { once: true });
      }),
  };
}
