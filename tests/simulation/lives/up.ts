import type { Script } from "../../../core/ssh/types";
import { ownerKey, lockPath } from "../../../core/lock/tree/paths";
import { fleetOf } from "../../../provider/rolling/fleet";
import type { RollingActionInputs } from "../../../provider/schema/rolling";
import type { LockedActionInputs } from "../../../provider/schema/inputs";
import { planOf } from "../../../provider/plan";
import type { ActRecord, MemoryHost } from "./host";
import { Provider, type Line } from "./provider";
import {
  canaryOf,
  inputsOf,
  textOf,
  wanted,
  type Inputs,
  type Member,
  type Resource,
} from "./program";
import type { Deed, Order } from "./reference";
import type { Project, Stage } from "./stage";
import type { Told } from "./engine";
import { judgeCount, judgeOutputs, type Records } from "./outputs";
import type { Strike } from "./strikes";

/** One `pulumi up` of one stack, and all that befalls it. */
export class Up {
  readonly provider: Provider;
  readonly orders = new Map<string, Order>();
  readonly told = new Map<string, Told>();
  killed = false;
  private readonly before = new Map<string, Records>();
  /** Names of the locks that the state file knew. */
  private readonly lockBefore = new Map<string, string>();
  private asked = 0;
  private began = 0;
  private previewing = false;
  private end: () => void = () => {};

  constructor(
    readonly stage: Stage,
    readonly project: Project,
    readonly number: number,
    private readonly strikes: Strike[],
    terminal: boolean,
    /** Which `up` has sent an act, by its run. */
    private readonly senders: Map<string, Up>,
  ) {
    const { world, server, machines } = stage;
    this.provider = new Provider(
      `up ${number}`,
      { world, server, machines, terminal },
      {
        asks: (what, host) => this.asks(what, host),
        sends: (what, host, script) => this.sends(what, host, script),
        says: (line) => this.says(line),
      },
    );
  }

  get name(): string {
    return `up ${this.number} of ${this.project.stack.name}`;
  }

  async run(): Promise<void> {
    const { stage, project, provider } = this;
    stage.tell(`${this.name} begins`);
    this.began = stage.world.now;
    const { resources, stack } = project;
    this.previewing = stage.dice.chance(0.2);
    for (const resource of this.previewing ? resources : []) {
      const inputs = inputsOf(resource);
      await stack.preview(provider, resource.urn, resource.kind, inputs);
    }
    this.previewing = false;
    for (const resource of resources) this.open(resource);
    for (const { urn } of resources)
      if (!stage.reference.unfinished.has(urn))
        stage.reference.unfinished.set(urn, this.number);
    const gone = [...stack.stored.keys()].filter(
      (urn) => !resources.some((each) => each.urn === urn),
    );
    const work = Promise.all(
      resources.map((resource) => this.one(resource)),
    ).then(async () => {
      for (const urn of gone) await this.remove(urn);
    });
    await Promise.race([
      work,
      new Promise<void>((resolve) => (this.end = resolve)),
    ]);
    await stage.hop();
    if (!this.killed) {
      await Promise.race([provider.runtime.close(), stage.hop(10_000)]);
      await stage.hop();
      provider.kill();
    }
  }

  /** The provider's process is gone. */
  kill(): void {
    if (this.killed) return;
    this.killed = true;
    this.provider.kill();
    this.end();
  }

  private open(resource: Resource): void {
    const { reference } = this.stage;
    const { before } = this;
    const order: Order = {
      ...{ up: this.number, resource, failed: 0, told: false },
      ...{ drained: new Set(), canary: canaryOf(resource) !== null },
      limit: resource.kind === "rolling" ? resource.maxFailures : Infinity,
    };
    this.orders.set(resource.urn, order);
    const stored = this.project.stack.stored.get(resource.urn);
    const lock = stored?.outputs.lock as { name: string } | undefined;
    if (lock) this.lockBefore.set(resource.urn, lock.name);
    const records = judgeOutputs(
      this.stage,
      resource,
      stored?.outputs ?? null,
      { quiet: true },
    );
    before.set(resource.urn, records);
    // another machine of the same resource is no new one
    const unknown = stored && resource.kind === "locked" ? "owed" : "none";
    for (const member of resource.members)
      reference.opens(
        resource,
        member,
        records.get(member.machine)?.state ?? unknown,
        { stored: stored !== undefined, up: this.number },
      );
  }

  private async one(resource: Resource): Promise<void> {
    const { stage, project, provider } = this;
    const { urn, kind } = resource;
    let told: Told;
    try {
      told = await project.stack.up(provider, urn, kind, inputsOf(resource));
    } catch (error) {
      stage.reference.broken("crash", `${urn}: ${(error as Error).stack}`);
      return;
    }
    if (this.killed) return;
    this.told.set(urn, told);
    this.orders.get(urn)!.told = true;
    const reasons = "reasons" in told ? told.reasons : [];
    for (const reason of reasons) stage.heard.add(reason);
    stage.tell(
      `${this.name}: ${short(urn)}: ${told.kind}${reasons.length ? `: ${reasons.slice(0, 3).join(" | ").slice(0, 400)}` : ""}`,
    );
    if (told.kind === "refused") return;
    if (told.kind !== "failed") stage.reference.unfinished.delete(urn);
    const stored = project.stack.stored.get(urn);
    const records = judgeOutputs(stage, resource, stored?.outputs ?? null, {
      quiet: false,
    });
    this.judge(resource, told, records);
  }

  private async remove(urn: string): Promise<void> {
    const { stage, project, provider } = this;
    const told = await project.stack.delete(provider, urn);
    if (this.killed) return;
    stage.tell(`${this.name}: ${short(urn)} is deleted: ${told.kind}`);
    if ("reasons" in told)
      for (const reason of told.reasons) stage.heard.add(reason);
    if (told.kind === "ok")
      for (const key of [...stage.reference.entries.keys()])
        if (key.startsWith(`${urn} `)) stage.reference.entries.delete(key);
  }

  private judge(resource: Resource, told: Told, records: Records): void {
    const { reference } = this.stage;
    const { members, urn } = resource;
    for (const member of members) {
      const record = records.get(member.machine);
      const owes = record?.state !== "done";
      if (told.kind === "ok" && owes)
        reference.broken(
          "owed",
          `${urn}: success, but ${member.machine} is ${record?.state ?? "unknown"}`,
        );
      if (!owes && record.current) {
        const how = told.kind === "unchanged" ? "unchanged" : record.outcome;
        // what was not touched says nothing new
        if (
          told.kind === "failed" &&
          this.before.get(urn)?.get(member.machine)?.run === record.run
        )
          continue;
        const { verified } = record;
        const key = this.keyOf(resource, member);
        const lost = (reference.clearedAt.get(key) ?? -1) >= this.began;
        const doubt = record.doubt || lost;
        const up = this.number;
        reference.done(resource, member, { up, how, verified, doubt });
      }
    }
    const { outputs } = this.project.stack.stored.get(urn) ?? {};
    if (resource.kind === "rolling" && outputs && told.kind !== "unchanged")
      judgeCount(this.stage, resource, outputs.summary as string, records);
    if (resource.skip) return;
    for (const member of members)
      this.judgeLock(resource, member, told, records.get(member.machine));
  }

  /** What stands in ZooKeeper is what the state says. */
  private judgeLock(
    resource: Resource,
    member: Member,
    told: Told,
    record: ReturnType<Records["get"]>,
  ): void {
    const { reference } = this.stage;
    const known = [resource.lock, this.lockBefore.get(resource.urn)];
    const own = reference.own(resource, member.machine).filter((holder) => {
      // the lock had another name in a killed run alone, so nobody knows of it: docs/limits.md
      const found = known.some((name) => holder.path.endsWith(`/${name}`));
      if (!found) reference.clears(holder);
      return found;
    });
    const mine = own.filter(({ run }) => !this.othersRun(run));
    const acted = reference.deeds.some(
      ({ order, host, want }) =>
        order === this.orders.get(resource.urn) &&
        host === member.machine &&
        want === wanted(resource, member),
    );
    const key = this.keyOf(resource, member);
    const keptKey = record?.kept?.split("-")[0] ?? key;
    if (reference.cleared.has(key) || reference.cleared.has(keptKey)) return;
    if (record?.doubt) return;
    // what a killed run has left of an edit that was taken back no diff can see: docs/limits.md
    const stale = mine.filter(({ state }) => state === "held");
    if (told.kind === "unchanged" && stale.length > 0)
      return stale.forEach((holder) => reference.clears(holder));
    if (record?.state === "done" && mine.length > 0 && !record.kept)
      reference.broken(
        "lock left",
        `${member.machine}: told as done, and its lock stands: ${mine[0]!.id} (${mine[0]!.state})`,
      );
    if (
      record &&
      record.state !== "done" &&
      acted &&
      told.kind === "failed" &&
      own.length === 0
    )
      reference.broken(
        "lock freed",
        `${member.machine}: it was acted on, failed, and its lock is gone`,
      );
    if (
      record?.kept &&
      // told to end while it took the lock, a provider can't know whether it has it
      !this.provider.runtime.halt.aborted &&
      !own.some(({ id }) => id === record.kept) &&
      record.keptHere
    )
      reference.broken(
        "kept",
        `${member.machine}: the state says that ${record.kept} is kept, and it is not there`,
      );
    // a stale one that it did not come to see it need not know
    const failed = mine.find(({ state }) => state === "failed");
    if (record && !record.kept && record.state !== "done" && failed)
      reference.broken(
        "kept",
        `${member.machine}: ${failed.id} has failed, and the state does not know`,
      );
  }

  private othersRun(run: string): boolean {
    return this.stage.reference.deeds.some(
      (deed) =>
        deed.run === run &&
        deed.order.up !== this.number &&
        !this.orders.has(deed.order.resource.urn),
    );
  }

  keyOf(resource: Resource, { machine }: Member): string {
    const { act, process, pattern, urn, lock } = resource;
    const subject = "perform" in act ? "web" : process ? pattern : urn;
    return ownerKey(lockPath("/locked-action", lock), {
      target: machine,
      subject,
    });
  }

  private asks(what: string, host: MemoryHost | null): void {
    if (this.previewing)
      this.stage.reference.broken("preview", `it asks for ${what}`);
    if (this.killed) return;
    this.asked += 1;
    for (const strike of this.strikes.splice(0)) {
      if (strike.at <= this.asked) {
        this.stage.tell(
          `${strike.text}, as ${this.name} asks for ${what}${host ? ` of ${host.name}` : ""}`,
        );
        strike.hit(this, host);
      } else this.strikes.push(strike);
    }
  }

  private sends(what: "act" | "drain", host: MemoryHost, script: Script): void {
    if (script.guard) this.senders.set(script.guard.runId, this);
    const order = this.orderOn(host, script);
    if (order) this.stage.reference.sends(order, what, host);
  }

  private orderOn(host: MemoryHost, { body }: Script): Order | undefined {
    const on = [...this.orders.values()].filter(({ resource }) =>
      resource.members.some(({ machine }) => machine === host.name),
    );
    return on.find(({ resource }) => body.trim() === textOf(resource)) ?? on[0];
  }

  /** Whose act it is that begins on a host. */
  claims(host: MemoryHost, act: ActRecord): Deed | null {
    const order = this.orderOn(host, { body: act.text, timeout: 0 });
    const member = order?.resource.members.find(
      ({ machine }) => machine === host.name,
    );
    if (!order || !member) return null;
    return this.stage.reference.begins(
      order,
      member,
      act,
      wanted(order.resource, member),
    );
  }

  private says({ urn, message }: Line): void {
    const { stage } = this;
    if (this.killed) return;
    stage.heard.add(message);
    const order = this.orders.get(urn);
    const [, key, how] =
      /^(\S+): (failed|(?!recorded)\w+, verified|done by an earlier)/.exec(
        message,
      ) ?? [];
    if (!order || order.resource.kind !== "rolling") return;
    if (how) stage.tell(`${this.name}: ${message.slice(0, 200)}`);
    if (how === "failed") order.failed += 1;
    else if (how) {
      const member = order.resource.members.find((each) => each.key === key);
      if (member)
        stage.reference.entry(urn, member.machine).passed = wanted(
          order.resource,
          member,
        );
    }
  }
}

export function short(urn: string): string {
  return urn.split(":").at(-1)!;
}

const known = new Map<string, string>();

/** The hash that the product gives to what is wanted of a machine. */
export function runKeyOf(resource: Resource, member: Member): string {
  const key = `${wanted(resource, member)} ${resource.kind}`;
  let hash = known.get(key);
  if (known.size > 10_000) known.clear();
  if (!hash) known.set(key, (hash = computeRunKey(resource, member)));
  return hash;
}

function computeRunKey(resource: Resource, member: Member): string {
  const inputs = withoutProvider(inputsOf(resource));
  const settings = { zookeeperServers: "zk:2181" };
  if (resource.kind === "locked")
    return planOf(inputs as unknown as LockedActionInputs, settings).runKey;
  const { plans } = fleetOf(inputs as unknown as RollingActionInputs, settings);
  return plans.get(member.key)!.runKey;
}

function withoutProvider({ __provider, ...inputs }: Inputs): Inputs {
  void __provider;
  return inputs;
}
