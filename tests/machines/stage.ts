import type { ActionSpec } from "../../core/action/types";
import { Rig } from "../action/rig";
import { image } from "./image";
import { boot, type Machine } from "./machine";

/** A ZooKeeper, and machines that have booted. */
export class Machines {
  private constructor(
    readonly rig: Rig,
    readonly all: Machine[],
  ) {}

  static async start(...names: string[]): Promise<Machines> {
    const made = await image();
    const rig = await Rig.start(["unused"]);
    const all = await Promise.all(
      names.map((name) => boot(rig.sandbox, made, { name })),
    );
    return new Machines(rig, all);
  }

  /** Under a lock of its own, unless it is told otherwise. */
  spec(machine: Machine, changes: Partial<ActionSpec>): ActionSpec {
    const { name, connection } = machine;
    const own = this.rig.spec({}, "unused");
    return {
      ...own,
      ...{ connection, process: null, owner: { ...own.owner, target: name } },
      lock: { ...own.lock, group: name },
      ...changes,
    };
  }

  stop(): Promise<void> {
    return this.rig.stop();
  }
}
