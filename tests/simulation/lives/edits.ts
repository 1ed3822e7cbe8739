import { MACHINES, type Project, type Stage } from "./stage";
import { clearOne, drawTrouble, holdFor } from "./strikes";
import type { Resource } from "./program";

/** What a user, or an operator, changes between two `up`s. */
export async function edit(stage: Stage, project: Project): Promise<void> {
  const { dice } = stage;
  const resource = dice.of(project.resources);
  const times = dice.of([0, 1, 1, 1, 2]);
  for (let i = 0; i < times; i++) {
    const kind = dice.of(KINDS);
    const text = await EDITS[kind](stage, project, resource);
    if (text) stage.tell(`${project.stack.name}: ${text}`);
  }
}

type Edit = (
  stage: Stage,
  project: Project,
  resource: Resource,
) => string | null | Promise<string | null>;

const EDITS = {
  trigger: (_, __, resource) => `trigger ${++resource.trigger}`,
  command: ({ dice }, _, resource) => {
    if (!("command" in resource.act)) return null;
    resource.act = { command: dice.of(["A", "B"]) };
    return `the command is ${resource.act.command}`;
  },
  revert: (_, __, resource) => {
    resource.trigger = Math.max(1, resource.trigger - 1);
    return `back to trigger ${resource.trigger}`;
  },
  trouble: (stage) => {
    const host = stage.machines.get(stage.dice.of(MACHINES))!;
    const trouble = drawTrouble(stage);
    Object.assign(host.trouble, trouble);
    return `${host.name}: ${JSON.stringify(trouble)}`;
  },
  mend: (stage) => {
    for (const { trouble, processes } of stage.machines.values()) {
      for (const key of Object.keys(trouble))
        delete trouble[key as keyof typeof trouble];
      void processes;
    }
    return "all hosts are mended";
  },
  die: (stage) => {
    const host = stage.machines.get(stage.dice.of(MACHINES))!;
    host.stopService();
    return `the service of ${host.name} dies`;
  },
  byHand: (stage) => {
    const host = stage.machines.get(stage.dice.of(MACHINES))!;
    host.restartByHand();
    return `the service of ${host.name} is restarted by hand`;
  },
  reboot: (stage) => {
    const host = stage.machines.get(stage.dice.of(MACHINES))!;
    host.reboot(true);
    return `${host.name} reboots`;
  },
  add: ({ dice }, _, { kind, members, groups }) => {
    const free = MACHINES.filter(
      (name) =>
        !members.some(({ machine, key }) => machine === name || key === name),
    );
    if (kind === "locked" || free.length === 0) return null;
    const machine = dice.of(free);
    members.push({
      key: machine,
      machine,
      ...(groups ? { group: dice.of(["g1", "g2"]) } : {}),
    });
    return `${machine} is added`;
  },
  remove: ({ dice }, _, resource) => {
    if (resource.kind === "locked" || resource.members.length < 2) return null;
    const gone = dice.of(resource.members);
    resource.members = resource.members.filter((each) => each !== gone);
    resource.order = resource.order.filter((key) => key !== gone.key);
    return `${gone.machine} is removed`;
  },
  rename: ({ dice }, _, { kind, members, order }) => {
    if (kind === "locked") return null;
    const member = dice.of(members);
    const key =
      member.key === member.machine ? `new-${member.machine}` : member.machine;
    if (members.some((each) => each.key === key)) return null;
    const at = order.indexOf(member.key);
    if (at >= 0) order[at] = key;
    member.key = key;
    return `${member.machine} is called ${key}`;
  },
  move: ({ dice }, { resources }, { kind, members }) => {
    const used = resources.flatMap((each) =>
      each.members.map(({ machine }) => machine),
    );
    const free = MACHINES.filter((name) => !used.includes(name));
    if (free.length === 0 || (kind === "rolling" && dice.chance(0.5)))
      return null;
    const member = dice.of(members);
    const from = member.machine;
    member.machine = dice.of(free);
    return `${member.key} moves from ${from} to ${member.machine}`;
  },
  group: ({ dice }, _, resource) => {
    const member = dice.of(resource.members);
    if (resource.kind === "locked") {
      resource.data = dice.of([null, "g1", "g2"]);
      return `lock.data is ${resource.data}`;
    }
    if (!resource.groups) return null;
    member.group = dice.of(["g1", "g2", "g3"]);
    return `${member.machine} is in group ${member.group}`;
  },
  hostTrigger: ({ dice }, _, { kind, members }) => {
    if (kind === "locked") return null;
    const member = dice.of(members);
    member.trigger = (member.trigger ?? 0) + 1;
    return `${member.machine} gets trigger ${member.trigger} of its own`;
  },
  order: ({ dice }, _, resource) => {
    if (resource.kind === "locked") return null;
    resource.order = [dice.of(resource.members).key];
    return `${resource.order.join()} goes first`;
  },
  width: ({ dice }, { resources }, resource) => {
    const rolling = resource.kind === "rolling";
    const width = rolling ? dice.of([1, 2, 3, "25%", "50%"]) : dice.of([1, 2]);
    // who shares a lock agrees on it
    for (const each of resources) each.maxUnavailable = width;
    return `${resource.maxUnavailable} at once`;
  },
  health: (_, __, resource) => {
    if ("perform" in resource.act && resource.act.perform === "stop")
      return null;
    resource.health = !resource.health;
    return resource.health ? "with a health check" : "without a health check";
  },
  undrain: (_, __, resource) => {
    resource.undrain = !resource.undrain;
    return resource.undrain ? "with undrain" : "without undrain";
  },
  drain: (_, __, resource) => {
    resource.drain = !resource.drain;
    return resource.drain ? "with drain" : "without drain";
  },
  always: (_, __, resource) => {
    resource.always = !resource.always;
    return `always is ${resource.always}`;
  },
  canary: ({ dice }, _, resource) => {
    if (resource.kind === "locked") return null;
    resource.canary = resource.canary ? null : { count: dice.of([1, 2]) };
    return resource.canary ? "with canaries" : "without canaries";
  },
  pattern: (_, __, resource) => {
    if (!resource.process || "perform" in resource.act) return null;
    resource.pattern = resource.pattern === "web" ? "wbe" : "web";
    return `the pattern is ${resource.pattern}`;
  },
  lock: (_, { resources }) => {
    const name = resources[0]!.lock === "lock" ? "lock2" : "lock";
    for (const each of resources) each.lock = name;
    return `the lock is ${name}`;
  },
  skip: (_, __, resource) => {
    resource.skip = !resource.skip;
    return `lock.skip is ${resource.skip}`;
  },
  lost: (_, { stack }, { urn }) => {
    if (!stack.stored.delete(urn)) return null;
    return `the state of ${urn} is lost`;
  },
  backup: (stage, project) => {
    project.backup = {
      stored: new Map(project.stack.stored),
      entries: entriesOf(stage, project),
    };
    return "the state is copied";
  },
  restore: (stage, project) => {
    const { backup, stack } = project;
    if (!backup) return null;
    stack.stored.clear();
    for (const [urn, stored] of backup.stored) stack.stored.set(urn, stored);
    const begun = new Map(stage.reference.entries);
    for (const key of entriesOf(stage, project).keys())
      stage.reference.entries.delete(key);
    for (const [key, entry] of backup.entries)
      // what killed runs have begun since goes on
      stage.reference.entries.set(key, {
        ...entry,
        due: begun.get(key)?.due ?? entry.due,
      });
    project.backup = null;
    return "the state is the copy again";
  },
  clear: async (stage, _, { lock }) => {
    await clearOne(stage, lock, false);
    return null;
  },
  hold: (stage, _, { lock }) => {
    void holdFor(stage, lock, 300);
    return "an operator holds the lock for 300 s";
  },
} satisfies Record<string, Edit>;

type Kind = keyof typeof EDITS;

const KINDS: Kind[] = [
  ...(Object.keys(EDITS) as Kind[]),
  ...([
    "trigger",
    "trigger",
    "trigger",
    "command",
    "mend",
    "mend",
    "mend",
    "mend",
    "revert",
    "trouble",
    "trouble",
  ] as const),
];

function entriesOf(stage: Stage, { stack }: Project) {
  const own = [...stage.reference.entries].filter(([key]) =>
    key.startsWith(`urn:${stack.name}:`),
  );
  return new Map(
    own.map(([key, { due, ...entry }]) => [
      key,
      { ...entry, due: due && { ...due, acts: [...due.acts] } },
    ]),
  );
}
