import { World } from "../time/world";
import "../time/globals";
import { MemoryHost, type ActRecord } from "./host";
import type { Stack } from "./engine";
import type { Resource } from "./program";
import { Reference } from "./reference";
import { MemoryServer } from "./zookeeper";

export const MACHINES = ["h1", "h2", "h3", "h4", "h5", "h6"];

/** A stack, and the program that its user has written by now. */
export interface Project {
  stack: Stack;
  resources: Resource[];
  /** An older state file, and what was true then. */
  backup: { stored: Stack["stored"]; entries: Reference["entries"] } | null;
}

/** All that a life takes place on. */
export class Stage {
  readonly world: World;
  readonly server: MemoryServer;
  readonly machines = new Map<string, MemoryHost>();
  readonly reference: Reference;
  readonly story: string[] = [];
  /** Every text that left the product: no secret may be in it. */
  readonly heard = new Set<string>();
  /** Told of an act as it begins. */
  onAct: (host: MemoryHost, act: ActRecord) => void = () => {};
  /** Drains, by machine: whose they are. */
  private lastSaid = "";

  constructor(readonly seed: number) {
    this.world = new World(seed);
    this.server = new MemoryServer(this.world);
    const { dice } = this.world;
    for (const name of MACHINES) {
      const place = dice.of(["run", "run", "home", "nowhere"] as const);
      const witness = {
        acts: (act: ActRecord) => this.onAct(this.machines.get(name)!, act),
        drains: () => {},
      };
      this.machines.set(
        name,
        new MemoryHost(name, this.world, witness, place, dice.chance(0.5)),
      );
    }
    this.reference = new Reference(
      this.server,
      this.machines,
      () => this.world.now,
    );
  }

  get dice() {
    return this.world.dice;
  }

  tell(text: string): void {
    const line = `${(this.world.now / 1000).toFixed(2)} s: ${text}`;
    if (line !== this.lastSaid) this.story.push(line);
    this.lastSaid = line;
  }

  /** Goes on in nobody's name. */
  hop(ms = 0): Promise<void> {
    return new Promise((resolve) => void this.world.after(ms, resolve, null));
  }
}
