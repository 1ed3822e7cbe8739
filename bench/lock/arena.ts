import { setTimeout as pause } from "node:timers/promises";
import {
  startZookeeper,
  type ZookeeperServer,
} from "../../tests/support/zookeeper";
import type { Bench } from "../frame";
import { ContenderProcess, type Launch, type Party } from "../peers/party";
import { observe, type Observer } from "./observer";
import { cookbook, floor, floorAlone, ours, setUpPeers } from "./parties";

/** Processes of each party: "in four processes" is the widest that is asked. */
const PROCESSES = 4;
/** Milliseconds alone, and in a queue: there turns are few, and each is a longer way. */
const SPIN = 4000;
const CONTEND = 15_000;
/** Contenders of each process meanwhile. */
const QUEUED = 3;
/** The tests' servers start quickly instead; here it is as in production. */
const FULLY_COMPILED = ["-XX:TieredStopAtLevel=4"];

/** One server, and all parties connected to it, warm. */
export class Arena {
  private paths = 0;

  private constructor(
    readonly bench: Bench,
    readonly server: ZookeeperServer,
    readonly observer: Observer,
    readonly parties: readonly Party[],
    private readonly processes: ReadonlyMap<
      Launch,
      readonly ContenderProcess[]
    >,
  ) {}

  static async open(bench: Bench): Promise<Arena> {
    const peers = setUpPeers(bench);
    const parties = [ours, floor, floorAlone, ...peers, cookbook];
    const server = await startZookeeper(bench.sandbox, {
      heap: "512m",
      properties: FULLY_COMPILED,
    });
    const observer = await observe(server.connect);
    const processes = new Map<Launch, readonly ContenderProcess[]>();
    for (const party of parties) {
      if (processes.has(party.launch)) continue;
      bench.progress(`starts ${party.name}`);
      const count = party === cookbook ? 1 : PROCESSES;
      processes.set(
        party.launch,
        await Promise.all(
          Array.from({ length: count }, () =>
            ContenderProcess.start(bench.sandbox, party, server.connect),
          ),
        ),
      );
    }
    const arena = new Arena(bench, server, observer, parties, processes);
    await arena.warmUp();
    return arena;
  }

  party(name: string): Party | null {
    return this.parties.find((party) => party.name === name) ?? null;
  }

  /** Those of `names` that are here, each run beginning with another one. */
  inTurn(names: readonly string[], run: number): Party[] {
    const here = this.parties.filter(({ name }) => names.includes(name));
    const first = run % here.length;
    return [...here.slice(first), ...here.slice(0, first)];
  }

  processesOf(party: Party, count = 1): readonly ContenderProcess[] {
    return this.processes.get(party.launch)!.slice(0, count);
  }

  /** A lock that nobody has used yet. */
  freshPath(party: Party): string {
    const name = party.name.toLowerCase().replaceAll(/\W+/g, "-");
    return `/bench/${name}-${++this.paths}`;
  }

  /** Another process, connected elsewhere, for measurements that must not be disturbed. */
  extra(party: Party, servers: string): Promise<ContenderProcess> {
    return ContenderProcess.start(this.bench.sandbox, party, servers);
  }

  async close(): Promise<void> {
    this.observer.close();
    const all = [...this.processes.values()].flat();
    await Promise.all(all.map((process) => process.end()));
  }

  /**
   * So that no compiler is measured: the JVM's first seconds are slow, and V8's. Alone and in a queue,
   * for these are different code in some and the same in others.
   */
  private async warmUp(): Promise<void> {
    for (const party of this.parties) {
      if (party === cookbook) continue;
      const path = this.freshPath(party);
      this.bench.progress(`warms up ${party.name}`);
      await Promise.all(
        this.processesOf(party, PROCESSES).map((process, i) =>
          process.ask("spin", party.kind, `${path}-${i}`, 1, SPIN),
        ),
      );
      if (party === floorAlone) continue;
      const processes = this.processesOf(party, PROCESSES);
      const queue = this.freshPath(party);
      await Promise.all(
        processes.map((each) =>
          each.ask("contend", party.kind, queue, 1, QUEUED, 0),
        ),
      );
      await pause(CONTEND);
      await Promise.all(processes.map((each) => each.stop()));
    }
  }
}
