import { PartialFailure } from "../../engine/provider-errors";
import type { HolderView } from "../../core/lock";
import { count, RESTART, Rig } from "../action/rig";
import { ProviderProcess, type Properties } from "./provider-process";

export type State = Properties & {
  failure?: Properties;
  kept?: Properties;
  lock: Properties;
};

/** Hosts, ZooKeeper, and a provider's process that has them in its stack's configuration. */
export class ResourceRig {
  private constructor(
    readonly rig: Rig,
    readonly provider: ProviderProcess,
  ) {}

  static async start(): Promise<ResourceRig> {
    const rig = await Rig.start();
    const config = { "locked-action:zookeeperServers": rig.zookeeper.connect };
    const provider = await ProviderProcess.start(rig.sandbox, config);
    return new ResourceRig(rig, provider);
  }

  async stop(): Promise<void> {
    await this.provider.stop();
    await this.rig.stop();
  }

  /** Forgets what was done on web1. */
  forget(): void {
    for (const file of ["acts", "broken"]) this.rig.remove("web1", file);
  }

  /** How often web1 was acted on. */
  acts(): number {
    return count(this.rig.read("web1", "acts"));
  }

  /** Restarts the service of web1 under a lock of its own. */
  inputs(changes: Properties = {}): Properties {
    const { rig } = this;
    return {
      connection: { ...rig.fleet.connection("web1"), dialErrorLimit: 1 },
      target: "web1",
      action: { command: RESTART },
      triggers: ["v1"],
      lock: { name: rig.newLock(), ownerGrace: 0, timeout: 30 },
      process: { commandString: rig.daemon("web1"), fullCmd: true },
      health: { command: "true", interval: 0.1, timeout: 0.5 },
      logging: "stderr",
      __urn: "urn:web1",
      ...changes,
    };
  }

  async holders(news: Properties): Promise<HolderView[]> {
    const lock = this.rig.lock(lockOf(news).name as string);
    const view = await this.rig.view(this.rig.spec({ lock }));
    return view?.holders ?? [];
  }

  /** A resource whose service did not come back. */
  async broken(news: Properties): Promise<State> {
    this.rig.write("web1", "broken");
    const failure = await fails(this.provider.create(news));
    this.rig.remove("web1", "broken");
    return failure.properties as State;
  }
}

export function lockOf(news: Properties): Properties {
  return news.lock as Properties;
}

/** How it failed, with what it leaves in the state. */
export async function fails(work: Promise<unknown>): Promise<PartialFailure> {
  const error = await work.then(
    () => new Error("it did not fail"),
    (reason: unknown) => reason,
  );
  if (error instanceof PartialFailure) return error;
  throw error;
}
