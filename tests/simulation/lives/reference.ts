/** What a person would say is due, and what must never be: by what really happened, not by what the product thinks. */
import { lockPath } from "../../../core/lock/tree/paths";
import type { ActRecord, MemoryHost } from "./host";
import { canaryOf, wanted, type Member, type Resource } from "./program";
import type { MemoryServer } from "./zookeeper";

/** What is wanted of one machine, and what came of it. */
interface Entry {
  /** For what the user was told that it is done. */
  told: string | null;
  /** What is to be done; `null`: nothing. */
  due: { want: string; since: number; acts: Deed[]; fresh: boolean } | null;
  /** With what it has been shown to be well. */
  passed: string | null;
  /** The `up` that told so. */
  doneIn: number;
  /** The lock whose history remembers it; `null`: it was done without one. */
  under: string | null;
  /** The state file knows of the resource, and by it of the lock that it had. */
  stored: boolean;
}

/** One resource in one `up`. */
export interface Order {
  up: number;
  resource: Resource;
  /** Rows of the roll that say that a host failed. */
  failed: number;
  limit: number;
  drained: Set<string>;
  /** It has canaries. */
  canary: boolean;
  /** Its end came into the state file. */
  told: boolean;
}

/** An act, and for whom it is done. */
export interface Deed extends ActRecord {
  order: Order;
  want: string;
  /** There was something that can show that it is well. */
  asks: boolean;
  /** It changed the processes. */
  restarted: boolean;
  /** Name of the lock under which it was begun. */
  lock: string;
  /** What its run looked for. */
  pattern: string;
  /** A success was told for it. */
  credited: boolean;
  /** It was begun without any lock, so that nothing was written down before its end. */
  skip: boolean;
}

export interface Violation {
  rule: string;
  what: string;
}

interface Limits {
  max: number;
  perGroup: number | null;
}

interface HolderNode {
  id: string;
  /** Path of its lock. */
  path: string;
  urn?: string;
  target: string;
  group: string;
  state: string;
  run: string;
  acting?: { run: string };
}

export class Reference {
  readonly violations: Violation[] = [];
  /** Keys of owners whose lock an operator took away, or has to: no rule asks for it. */
  readonly cleared = new Set<string>();
  /** When that was. */
  readonly clearedAt = new Map<string, number>();
  entries = new Map<string, Entry>();
  /** Resources whose last `up` did not end well: what they have begun goes on. */
  readonly unfinished = new Map<string, number>();
  /** The last `up` of a resource without its lock. */
  private readonly skipped = new Map<string, number>();
  private readonly running = new Set<Deed>();
  /** The resource that has drained a host last, and has to undrain it. */
  private readonly drainers = new Map<string, string>();
  readonly deeds: Deed[] = [];

  constructor(
    private readonly server: MemoryServer,
    private readonly machines: ReadonlyMap<string, MemoryHost>,
    private readonly now: () => number,
  ) {}

  broken(rule: string, what: string): void {
    this.violations.push({ rule, what });
  }

  entry(urn: string, machine: string): Entry {
    const id = `${urn} ${machine}`;
    const entry = this.entries.get(id) ?? {
      told: null,
      due: null,
      passed: null,
      doneIn: 0,
      under: null,
      stored: false,
    };
    this.entries.set(id, entry);
    return entry;
  }

  /** An `up` begins: what does it have to do on this machine? `state`: what the state file knows of it. */
  opens(
    resource: Resource,
    member: Member,
    state: "none" | "owed" | "recording" | "done",
    { stored, up }: { stored: boolean; up: number },
  ): void {
    const entry = this.entry(resource.urn, member.machine);
    entry.stored = stored;
    if (!stored) this.forgets(resource, member);
    const want = wanted(resource, member);
    const records =
      resource.record && (state === "none" || state === "recording");
    const since = this.unfinished.get(resource.urn) ?? Infinity;
    /** By the roll that goes on: its record in ZooKeeper may count. */
    const going =
      !resource.skip &&
      entry.under === resource.lock &&
      entry.told === want &&
      entry.doneIn >= since;
    const known = going || this.remembers(resource, member, want, since);
    // without the lock nothing was added to its record, and whatever is said of it then is right
    const sure = going && (this.skipped.get(resource.urn) ?? 0) < since;
    if (resource.skip) this.skipped.set(resource.urn, up);
    const again = state === "none" || (resource.always && !sure);
    if (records || (!again && state === "done" && entry.told === want)) {
      entry.due = null;
      return;
    }
    if (entry.due?.want === want) return;
    const fresh = !known && (again || entry.told !== want);
    entry.due = { want, since: known ? 0 : this.now(), acts: [], fresh };
    if (entry.passed !== want) entry.passed = null;
  }

  /** A holder that stands knows of the last act, or the history of a roll that has not ended. */
  private remembers(
    resource: Resource,
    { machine }: Member,
    want: string,
    since: number,
  ): boolean {
    const { urn, lock, skip } = resource;
    const last = this.deeds.findLast(
      (deed) =>
        deed.host === machine &&
        deed.order.resource.urn === urn &&
        deed.lock === lock &&
        !deed.skip,
    );
    if (skip || last?.want !== want || last.exit !== 0) return false;
    const stands = this.own(resource, machine).some(
      ({ run, acting }) => last.run === (acting?.run ?? run),
    );
    return stands || last.order.up >= since;
  }

  /** No state knows of the lock's former name: what stands under it is for operators. */
  private forgets(resource: Resource, { machine }: Member): void {
    const here = this.holders(lockPath("/locked-action", resource.lock));
    for (const { id } of this.own(resource, machine))
      if (!here.some((holder) => holder.id === id))
        this.cleared.add(id.slice(0, id.indexOf("-")));
  }

  /** An operator says that this is well: what only the holder knew is forgotten. */
  clears({ id, target, urn }: HolderNode): void {
    const key = id.slice(0, id.indexOf("-"));
    this.cleared.add(key);
    this.clearedAt.set(key, this.now());
    if (this.drainers.get(target) === urn) this.drainers.delete(target);
  }

  /** An act or a drain is sent to a host. */
  sends(order: Order, what: string, host: MemoryHost): void {
    if (what === "drain") {
      order.drained.add(host.name);
      // without a lock a killed run has written nothing down
      const { skip, undrain, urn } = order.resource;
      if (skip || !undrain) this.drainers.delete(host.name);
      else this.drainers.set(host.name, urn);
    }
    const begun = what === "act" && order.drained.has(host.name);
    if (
      order.resource.kind === "rolling" &&
      !begun &&
      order.failed >= order.limit
    )
      this.broken(
        "budget",
        `${host.name}: ${what} is sent though ${order.failed} of ${order.limit} allowed have failed`,
      );
  }

  /** An act begins. */
  begins(order: Order, member: Member, act: ActRecord, want: string): Deed {
    const { resource } = order;
    const { lock, pattern, skip } = resource;
    const deed: Deed = Object.assign(act, {
      ...{ order, want, lock, pattern, skip },
      ...{ restarted: false, credited: false },
      asks: this.asks(resource, this.machines.get(act.host)!),
    });
    this.deeds.push(deed);
    const host = this.machines.get(act.host)!;
    const entry = this.entry(resource.urn, act.host);
    const say = (rule: string, what: string) =>
      this.broken(rule, `${act.host}: ${what}`);
    // a roll that goes on does again what no longer stands
    const lost =
      this.unfinished.has(resource.urn) && !this.isAsLeft(host, deed);
    if (!entry.due && !lost)
      say("not due", "an act begins though nothing was due");
    else if (!entry.due) entry.passed = null;
    else if (entry.due.want !== want)
      say(
        "other command",
        `an act for ${want} begins, due is ${entry.due.want}`,
      );
    else {
      const earlier = entry.due.acts.find(
        (other) =>
          this.stands(other, resource, host) &&
          // of a killed run only its lock knows
          (other.order.told || !skip) &&
          ((entry.stored && !resource.always) || other.lock === lock),
      );
      if (earlier)
        say(
          "twice",
          "an act begins though the one before did all, and it stands",
        );
      entry.due.acts.push(deed);
    }
    this.running.add(deed);
    if (!resource.skip) this.beside(deed, say);
    if (resource.kind === "rolling") this.canaries(deed, member, say);
    return deed;
  }

  /** An act has ended, or went down with its host. */
  over(deed: Deed, before: string[]): void {
    this.running.delete(deed);
    deed.restarted =
      deed.left.length > 0 && !deed.left.some((id) => before.includes(id));
  }

  /** Whether the resource's last act on it was for the same, and its processes are those of then. */
  private isAsLeft(
    { name, identities }: MemoryHost,
    { want, order }: Deed,
  ): boolean {
    const last = this.deeds.findLast(
      (other) =>
        other.host === name &&
        other.exit !== null &&
        other.order.resource.urn === order.resource.urn,
    );
    return last?.want === want && same(last.left, identities);
  }

  /** Whether what an act did is done, and whoever looks can know it. */
  private stands(
    deed: Deed,
    { process, pattern, act }: Resource,
    host: MemoryHost,
  ): boolean {
    // without a lock nothing is written down before the end
    if (deed.exit !== 0 || deed.skip) return false;
    // with its lock an operator took away what was known of it
    if (this.cleared.has(deed.key)) return false;
    // with the lock its record went over to another resource that acts on the same
    const heirs = this.deeds.slice(this.deeds.indexOf(deed) + 1);
    const { urn } = deed.order.resource;
    if (
      heirs.some(
        ({ key, order }) => key === deed.key && order.resource.urn !== urn,
      )
    )
      return false;
    if (process && (pattern !== "web" || deed.pattern !== "web")) return false;
    const looks = process || ("perform" in act && host.systemd);
    const restarts = "command" in act || act.perform === "restart";
    if (looks && restarts)
      return deed.restarted && same(deed.left, host.identities);
    return !looks && host.guardPlace === "home";
  }

  private beside(deed: Deed, say: (rule: string, what: string) => void): void {
    const own = this.lockOf(deed);
    const groups = new Map<string, number>();
    for (const other of this.running) {
      if (other.order.resource.skip || this.cleared.has(other.key)) continue;
      const lock = this.lockOf(other);
      if (lock.path !== own.path) continue;
      const { holder } = lock;
      if (holder) groups.set(holder.group, (groups.get(holder.group) ?? 0) + 1);
      else
        say(
          "without the lock",
          other === deed
            ? `an act begins without the lock ${own.path}`
            : `an act begins while the one on ${other.host} runs without the lock ${own.path}`,
        );
    }
    const text = this.server.read(own.path) ?? "{}";
    const { max, perGroup } = JSON.parse(text) as Limits;
    if (groups.size > max)
      say("too many", `${groups.size} groups act, ${max} may`);
    for (const [group, count] of groups)
      if (perGroup && count > perGroup)
        say("too many", `${count} of group ${group} act, ${perGroup} may`);
  }

  /** The lock under which an act runs, be it one that the resource had before. */
  private lockOf({ key, order }: Deed): { path: string; holder?: HolderNode } {
    for (const name of this.server.list("/locked-action")) {
      const path = `/locked-action/${name}`;
      const holder = this.holders(path).find(({ id }) =>
        id.startsWith(`${key}-`),
      );
      if (holder) return { path, holder };
    }
    return { path: lockPath("/locked-action", order.resource.lock) };
  }

  /** Until so many have passed, no more than that many begin. */
  private canaries(
    deed: Deed,
    member: Member,
    say: (rule: string, what: string) => void,
  ): void {
    const { resource } = deed.order;
    const canary = canaryOf(resource);
    if (!canary) return;
    const others = resource.members.filter(({ key }) => key !== member.key);
    const goal = (each: Member) => wanted(resource, each);
    const passed = others.filter(
      (each) => this.entry(resource.urn, each.machine).passed === goal(each),
    );
    const begun = others.filter((each) =>
      this.entry(resource.urn, each.machine).due?.acts.some(
        ({ want, skip, lock, order: { up, told, canary: stood } }) =>
          want === goal(each) &&
          stood &&
          // of what a killed run began only its lock knows
          (up === deed.order.up || told || (!skip && !resource.skip)) &&
          (lock === resource.lock || told),
      ),
    );
    const { count } = canary;
    if (passed.length < count && begun.length >= count)
      say(
        "canary",
        `it begins though ${begun.length} have begun and ${passed.length} of ${count} canaries have passed`,
      );
  }

  /** An operation told success for this machine. `how`: what its outcome says. */
  done(
    resource: Resource,
    member: Member,
    {
      up,
      how,
      verified,
      doubt,
    }: {
      up: number;
      how: string | undefined;
      verified: boolean;
      /** Nobody could write it down in the lock's history. */
      doubt: boolean;
    },
  ): void {
    const entry = this.entry(resource.urn, member.machine);
    const host = this.machines.get(member.machine)!;
    const want = wanted(resource, member);
    const say = (rule: string, what: string) =>
      this.broken(rule, `${member.machine}: ${what}`);
    const { due } = entry;
    if (due && !this.isDone(resource, host, due))
      say(
        "told as done",
        `the user is told "${how}", but what is wanted was not done`,
      );
    const last = this.deeds.findLast(
      (deed) =>
        deed.host === host.name && deed.order.resource.urn === resource.urn,
    );
    const known =
      last && !last.order.told && !last.skip && last.lock === resource.lock;
    if (
      resource.kind === "rolling" &&
      !resource.skip &&
      how !== "unchanged" &&
      known &&
      last.want !== want &&
      last.exit === 0
    )
      say("told as done", "the last act, of a killed run, was another one");
    const drained =
      host.drained && this.drainers.get(host.name) === resource.urn;
    if (due && resource.undrain && resource.drain && drained)
      say(
        "left drained",
        "the user is told that all is well, and it is out of service",
      );
    if (due && verified && !last?.asks && !this.asks(resource, host))
      say("verified", "told as verified, and nothing was there to ask");
    if (due || entry.told === null)
      entry.passed = verified && how !== "recorded" ? want : null;
    const under = resource.skip || doubt ? null : resource.lock;
    // what was not taken in hand again is remembered where it was
    const remembered = due || entry.told !== want ? { under } : {};
    Object.assign(entry, { told: want, due: null, doneIn: up, ...remembered });
  }

  private asks({ process, health, act }: Resource, host: MemoryHost): boolean {
    return process || health || ("perform" in act && host.systemd);
  }

  /** What is due was done: by an act of its own, the last on this host, or by anybody who restarted it since. */
  private isDone(
    resource: Resource,
    host: MemoryHost,
    { want, since, fresh }: NonNullable<Entry["due"]>,
  ): boolean {
    const key = (deed: Deed) => deed.order.resource.urn === resource.urn;
    const last = this.deeds
      .filter((deed) => deed.host === host.name && key(deed))
      .at(-1);
    const again = resource.always || fresh;
    const own = last?.want === want;
    if (own && last.exit === 0) {
      const late = !last.credited || last.ended! >= since;
      last.credited = true;
      if (late || !again) return true;
    }
    const looks =
      resource.process || ("perform" in resource.act && host.systemd);
    if (!looks) return false;
    const from = own ? since : Math.max(since, last?.began ?? 0);
    const anybody = this.deeds.some(
      (deed) =>
        deed.host === host.name &&
        deed.restarted &&
        deed.ended! >= from &&
        (own || deed !== last),
    );
    return anybody || host.byHand.some((at) => at >= from - 1);
  }

  /** Locks that a resource has for a machine and that it has to know of, be it under another name that it had before. */
  own({ urn }: Resource, machine: string): HolderNode[] {
    const all = this.server
      .list("/locked-action")
      .flatMap((name) => this.holders(`/locked-action/${name}`));
    return all.filter(
      ({ id, ...each }) =>
        each.urn === urn &&
        each.target === machine &&
        !this.cleared.has(id.slice(0, id.indexOf("-"))),
    );
  }

  holders(lock: string): HolderNode[] {
    const slots = this.server.list(`${lock}/holders`);
    return slots.flatMap((slot) =>
      this.server.list(`${lock}/holders/${slot}`).flatMap((id) => {
        const text = this.server.read(`${lock}/holders/${slot}/${id}`);
        if (!text) return [];
        return [{ ...(JSON.parse(text) as HolderNode), id, path: lock }];
      }),
    );
  }
}

function same(a: string[], b: string[]): boolean {
  return a.length === b.length && a.every((id) => b.includes(id));
}
