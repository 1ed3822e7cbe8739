import type { MemoryHost } from "./host";
import { drawResource, SECRETS, type Resource } from "./program";
import type { Violation } from "./reference";
import { MACHINES, Stage, type Project } from "./stage";
import { Stack } from "./engine";
import { edit } from "./edits";
import { clearForgotten, drawStrikes, openLock } from "./strikes";
import { Up } from "./up";

/** What came of one life. */
export interface LifeResult {
  seed: number;
  violations: Violation[];
  /** The life as a person would tell it. */
  story: string[];
  ups: number;
  acts: number;
}

/** Ten days: whoever waits for longer waits for ever. */
const LONGEST = 10 * 86_400_000;

/** Lives one life, from its seed alone. To be called outside microtasks. */
export function live(seed: number): LifeResult {
  const life = new Life(seed);
  const { stage } = life;
  let over = false;
  stage.world.after(
    0,
    () => {
      void life.live().then(
        () => (over = true),
        (error: unknown) => {
          stage.reference.broken("crash", String((error as Error).stack));
          over = true;
        },
      );
    },
    null,
  );
  stage.world.run(LONGEST, () => over || stage.reference.violations.length > 0);
  const { violations, deeds } = stage.reference;
  if (!over && violations.length === 0)
    stage.reference.broken("stuck", "somebody waits for what never comes");
  life.judgeSecrets();
  return {
    seed,
    violations,
    story: stage.story,
    ups: life.ups,
    acts: deeds.length,
  };
}

class Life {
  readonly stage: Stage;
  ups = 0;
  private readonly projects: Project[] = [];
  private readonly terminal: boolean;

  constructor(seed: number) {
    this.stage = new Stage(seed);
    const { stage } = this;
    const { dice } = stage;
    this.terminal = dice.chance(0.5);
    stage.onAct = (host, act) => {
      const from = this.senders.get(act.run);
      const deed = from?.claims(host, act);
      stage.tell(
        `${host.name}: ${act.text} begins${from ? ` (${from.name})` : ""}`,
      );
      if (deed) this.follow(host, deed, host.identities);
    };
    const stacks = dice.chance(0.25) ? 2 : 1;
    for (let i = 0; i < stacks; i++) this.projects.push(this.project(i));
  }

  /** Which `up` has sent an act. */
  private readonly senders = new Map<string, Up>();

  private project(number: number): Project {
    const { dice } = this.stage;
    const stack = new Stack(number === 0 ? "prod" : "other");
    const machines = dice.chance(0.5) ? [...MACHINES] : [...MACHINES].reverse();
    const resources: Resource[] = [];
    if (dice.chance(0.6))
      resources.push(
        drawResource(
          dice,
          "rolling",
          `urn:${stack.name}:fleet`,
          machines,
          "lock",
        ),
      );
    else {
      const count = dice.of([1, 1, 2, 3]);
      for (let i = 0; i < count; i++) {
        const resource = drawResource(
          dice,
          "locked",
          `urn:${stack.name}:one${i}`,
          [machines[i]!],
          "lock",
        );
        if (resources[0]) resource.maxUnavailable = resources[0].maxUnavailable;
        resources.push(resource);
      }
    }
    for (const resource of resources)
      if (number > 0)
        resource.maxUnavailable = widthFor(
          resource,
          this.projects[0]!.resources[0]!,
        );
    return { stack, resources, backup: null };
  }

  private follow(
    host: MemoryHost,
    deed: Parameters<Stage["reference"]["over"]>[0],
    before: string[],
  ): void {
    const { stage } = this;
    const look = () => {
      if (deed.ended === null) return void stage.world.after(5, look, null);
      stage.reference.over(deed, before);
      stage.tell(
        `${host.name}: ${deed.text} ends: ${deed.exit === null ? "unknown" : `exit ${deed.exit}`}, ${deed.restarted ? "a new process" : "no new process"}`,
      );
    };
    stage.world.after(5, look, null);
  }

  async live(): Promise<void> {
    const { stage } = this;
    const { dice } = stage;
    const rounds = 1 + Math.floor(dice.next() ** 2 * 11);
    for (let round = 0; round < rounds; round++) {
      if (round > 0) await edit(stage, dice.of(this.projects));
      if (dice.chance(0.3)) await edit(stage, dice.of(this.projects));
      const some =
        this.projects.length > 1 && dice.chance(0.6)
          ? this.projects
          : [dice.of(this.projects)];
      await this.upOf(some, true);
    }
    await this.finale();
  }

  private async upOf(projects: Project[], strikes: boolean): Promise<Up[]> {
    const { stage } = this;
    const ups = projects.map((project) => {
      const hits = strikes ? drawStrikes(stage) : [];
      return new Up(
        stage,
        project,
        ++this.ups,
        hits,
        this.terminal,
        this.senders,
      );
    });
    await Promise.all(ups.map((up) => up.run()));
    // acts that nobody waits for any more end by themselves, more often than not
    await stage.hop(stage.dice.of([0, 1000, 30_000, 200_000]));
    return ups;
  }

  /** All is mended: what is owed gets done, and nothing stays behind. */
  private async finale(): Promise<void> {
    const { stage } = this;
    await stage.hop(600_000);
    for (const host of stage.machines.values()) {
      for (const key of Object.keys(host.trouble))
        delete host.trouble[key as keyof typeof host.trouble];
      if (host.processes.length === 0) host.restartByHand();
    }
    for (const { resources } of this.projects)
      for (const resource of resources) {
        resource.pattern = "web";
        resource.skip = false;
        // by the unit alone nothing is verified on a host without systemd
        const { process, health } = resource;
        if (!process && !health) resource.canary = null;
      }
    await openLock(stage, "lock");
    stage.tell("all is mended");
    const rounds = this.projects.length === 1 ? 3 : 5;
    let left: string[] = [];
    for (let round = 0; round < rounds; round++) {
      left = [];
      for (const project of this.projects)
        for (const up of await this.upOf([project], false))
          for (const [urn, told] of up.told)
            if (told.kind === "failed" && !this.isStoppedByAnother(urn)) {
              left.push(`${urn}: ${told.reasons[0]}`);
              this.heeds(project, urn, told.reasons);
            }
      if (left.length === 0) break;
      await clearForgotten(stage);
    }
    if (left.length > 0)
      stage.reference.broken(
        "never done",
        `all is mended, and it still fails: ${left.join("; ")}`,
      );
    else this.judgeRest();
  }

  /** A person does what the failure asks for. */
  private heeds({ resources }: Project, urn: string, reasons: string[]): void {
    const resource = resources.find((each) => each.urn === urn);
    if (resource && reasons.join().includes("this resource has no undrain"))
      resource.undrain = true;
  }

  /** Another resource stops what this one wants to run. */
  private isStoppedByAnother(urn: string): boolean {
    const all = this.projects.flatMap(({ resources }) => resources);
    const own = all.find((each) => each.urn === urn);
    const stops = all.filter(
      ({ act }) => "perform" in act && act.perform === "stop",
    );
    const machines = stops
      .filter((each) => each !== own)
      .flatMap(({ members }) => members.map(({ machine }) => machine));
    return (
      own?.members.some(({ machine }) => machines.includes(machine)) ?? false
    );
  }

  private judgeRest(): void {
    const { stage } = this;
    for (const { resources } of this.projects)
      for (const resource of resources) {
        if (resource.skip || this.isStoppedByAnother(resource.urn)) continue;
        for (const member of resource.members)
          for (const { id } of stage.reference.own(resource, member.machine))
            if (!stage.reference.cleared.has(id.split("-")[0]!))
              stage.reference.broken(
                "lock left",
                `${member.machine}: all is done, and ${id} stands`,
              );
      }
  }

  judgeSecrets(): void {
    const { stage } = this;
    const znodes = [...stage.server.leader.tree.paths()].map((path) =>
      stage.server.read(path)!,
    );
    for (const text of [...stage.heard, ...znodes])
      for (const secret of SECRETS)
        if (text.includes(secret))
          stage.reference.broken("secret", text.slice(0, 300));
  }
}

/** Two who share a lock agree on its width. */
function widthFor(
  { kind }: Resource,
  { maxUnavailable }: Resource,
): number | string {
  return kind === "locked" && typeof maxUnavailable === "string"
    ? 1
    : maxUnavailable;
}
