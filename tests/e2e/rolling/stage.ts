import { expect } from "chai";
import fs from "node:fs";
import path from "node:path";
import { lockPath, readHistory } from "../../../core/lock";
import { pathsOf } from "../../../core/lock/tree/paths";
import { eventually } from "../../support/eventually";
import {
  errorsOf,
  openScene,
  type Scene,
  type SceneOptions,
} from "../../support/scene";
import { SANDBOX_VARIABLE } from "../../support/sandbox";
import { Observer, type Service } from "../../support/services";
import type { OperationResult, Stack } from "../../support/stack";

/** Arguments of a RollingAction, as JSON. */
export type Roll = Record<string, unknown> & {
  hosts: Record<string, Record<string, unknown>>;
  lock: Record<string, unknown>;
};

/** One short record of the outputs. */
export interface Result {
  outcome?: string;
  verified: boolean;
  process?: string[];
  canary?: boolean;
  failure?: { step: string; phase: string; reason: string };
  kept?: { holder: string };
}

const RACKS = ["a", "b", "c"];

/** Twelve hosts in three racks, each with a service, and stacks that roll them. */
export class Stage {
  private readonly stackNames = new Map<Stack, string>();
  private locks = 0;

  private constructor(readonly scene: Scene) {}

  static async open(count = 12, options?: SceneOptions): Promise<Stage> {
    const names = Array.from({ length: count }, (_, i) => `web${i + 1}`);
    return new Stage(await openScene(names, options));
  }

  get names(): string[] {
    return this.scene.fleet.hosts.map(({ name }) => name);
  }

  get services(): Service[] {
    return this.scene.services;
  }

  service(name: string): Service {
    return this.scene.service(name);
  }

  /** The rack that a host stands in: one after the other, so that neighbours are in different ones. */
  rackOf(name: string): string {
    return RACKS[(Number(name.slice(3)) - 1) % RACKS.length]!;
  }

  /** A restart of these hosts' services under a lock of its own; `over` goes over it, `lock` field by field. */
  roll(over: Record<string, unknown> = {}, names = this.names): Roll {
    const { grouped, hosts: more, ...rest } = over;
    const hosts = names.map((name) => {
      const { connection, target, process } = this.scene.restart(name);
      const rack = grouped ? { group: this.rackOf(name) } : {};
      const own = (more as Roll["hosts"] | undefined)?.[name];
      return [name, { connection, target, process, ...rack, ...own }];
    });
    return {
      action: { command: this.command, timeout: 90 },
      triggers: [1],
      ...rest,
      hosts: Object.fromEntries(hosts) as Roll["hosts"],
      lock: { name: this.lock, ownerGrace: 1, ...(over.lock as object) },
    };
  }

  /** The same on every host: each finds its own control script. */
  get command(): string {
    return `"$LOCKED_ACTION_HOST_DIR/$DEMO_HOST-${this.scene.sandbox.mark}ctl" restart`;
  }

  async stack(roll: Roll): Promise<Stack> {
    const name = `roll${this.stackNames.size}`;
    const stack = await this.scene.openStack(name, {});
    this.stackNames.set(stack, name);
    await this.set(stack, roll);
    return stack;
  }

  async set(stack: Stack, roll: Roll): Promise<void> {
    await stack.setConfig("scene:rolls", JSON.stringify({ roll }));
  }

  /** Name of the lock of this test. */
  get lock(): string {
    return `roll ${this.locks}`;
  }

  /** Everything is up; what was asked of it is forgotten; the lock is another. */
  reset(): void {
    this.locks += 1;
    for (const service of this.services) {
      service.mend();
      service.letGo();
      if (service.identity() === null) service.byHand("start");
      service.forget();
    }
  }

  /** Runs `up` while somebody else watches the processes: the first acts last until `together` are down. */
  async observed(
    stack: Stack,
    together: number,
  ): Promise<{ result: OperationResult; seen: Observer }> {
    const rackOf = ({ host }: Service) => this.rackOf(host.name);
    const seen = new Observer(this.services, [], rackOf);
    this.hold();
    const running = stack.up();
    await seen.sees(together);
    this.letGo();
    const result = await running;
    seen.stop();
    return { result, seen };
  }

  async mustSucceed(stack: Stack): Promise<OperationResult> {
    const result = await stack.up();
    expect(errorsOf(result)).to.equal("");
    expect(result.ok).to.equal(true);
    return result;
  }

  /** Hosts in the order in which they ended well. */
  ended({ diagnostics }: OperationResult): string[] {
    return diagnostics.flatMap(
      ({ message }) => /^(web\d+): (?!failed)/.exec(message)?.[1] ?? [],
    );
  }

  /** `4 of 4 done` */
  async summary(stack: Stack): Promise<string | undefined> {
    return (await this.outputs(stack)).summary;
  }

  /** The records of the hosts, also of a roll that failed. */
  async results(stack: Stack): Promise<Record<string, Result>> {
    return (await this.outputs(stack)).results ?? {};
  }

  /** What the history of this test's lock says was done. */
  history(): Promise<string[]> {
    return this.scene.withSession(async (session) => {
      const paths = pathsOf(lockPath("/locked-action", this.lock));
      return (await readHistory(session, paths)).map(({ kind }) => kind);
    });
  }

  private async outputs(
    stack: Stack,
  ): Promise<{ results?: Record<string, Result>; summary?: string }> {
    const { deployment } = (await stack.state()) as unknown as {
      deployment: { resources: { type: string; outputs?: object }[] };
    };
    const found = deployment.resources.find(({ type }) =>
      type.endsWith(":RollingAction"),
    );
    return found?.outputs ?? {};
  }

  /** How often each host was acted on since the last reset. */
  acts(): Record<string, number> {
    return Object.fromEntries(
      this.services.map(({ host, acts }) => [
        host.name,
        acts.filter((act) => act.startsWith("restart")).length,
      ]),
    );
  }

  /** Resolves when so many acts are begun, of which the last `atOnce` wait for `letGo`. */
  async heldAt(count: number, atOnce: number): Promise<void> {
    for (let begun = atOnce; begun < count; begun += atOnce) {
      await this.begun(begun);
      for (const service of this.services)
        if (service.acts.length > 0) service.letGo();
    }
    await this.begun(count);
  }

  private async begun(count: number): Promise<void> {
    await eventually(`${count} acts are begun`, () => this.acted >= count);
  }

  /** All acts since the last reset. */
  get acted(): number {
    return Object.values(this.acts()).reduce((sum, count) => sum + count, 0);
  }

  /** From now on each restart waits with its service down. */
  hold(): void {
    for (const service of this.services) service.hold();
  }

  letGo(): void {
    for (const service of this.services) service.letGo();
  }

  /** Resolves when so many wait for the lock. */
  async waiting(count: number): Promise<void> {
    await eventually(
      `${count} wait for the lock`,
      async () => (await this.scene.lock(this.lock)).waiters.length === count,
    );
  }

  /** Ends every provider of this scene's stacks, at once. */
  killProviders(): void {
    const mark = `${SANDBOX_VARIABLE}=${this.scene.sandbox.dir}`;
    for (const pid of fs.readdirSync("/proc").filter((name) => +name > 0)) {
      const read = (name: string) => {
        try {
          return fs.readFileSync(`/proc/${pid}/${name}`, "utf8");
        } catch {
          return ""; // gone meanwhile
        }
      };
      const line = read("cmdline").split("\0");
      if (!line.some((word) => word.includes("dynamic-provider"))) continue;
      if (read("environ").split("\0").includes(mark))
        process.kill(+pid, "SIGKILL");
    }
  }

  /** The state as it is now, to be set back to; null where the engine keeps it elsewhere. */
  stateOf(stack: Stack): { restore(): void } | null {
    const name = this.stackNames.get(stack);
    const file = path.join(this.scene.project.dir, `${name}.state.json`);
    if (stack.engine.startsWith("pulumi")) return null;
    const text = fs.existsSync(file) ? fs.readFileSync(file) : null;
    return {
      restore: () =>
        text ? fs.writeFileSync(file, text) : fs.rmSync(file, { force: true }),
    };
  }

  /** Each of them so often. */
  actedOn(times: number, names = this.names): Record<string, number> {
    return Object.fromEntries(names.map((name) => [name, times]));
  }

  async lockIsFree(name = this.lock): Promise<void> {
    const { holders, waiters } = await this.scene.lock(name);
    expect([holders, waiters]).to.deep.equal([[], []]);
  }

  stop(): Promise<void> {
    return this.scene.stop();
  }
}
