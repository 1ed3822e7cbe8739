import type { ProcessSpec, Sighting } from "../../../core/process/types";
import type {
  Fate,
  GuardRecord,
  RunResult,
  Script,
} from "../../../core/ssh/types";
import type { World } from "../time/world";

/** What goes wrong on a host, until somebody mends it. */
export interface Trouble {
  unreachable?: boolean;
  /**
   * `refuses`: exit 3, nothing done · `half`: exit 3, and its process is gone · `fails late`: exit 3, after
   * a good restart · `no process`: exit 0, and none comes · `same process`: exit 0, nothing restarted · `hangs`.
   */
  act?:
    "refuses" | "half" | "fails late" | "no process" | "same process" | "hangs";
  drain?: true;
  undrain?: true;
  health?: true;
  gate?: "not yet" | "never";
}

/** One act as it really was: what every rule is judged by. */
export interface ActRecord {
  host: string;
  /** Key of the owner under whose guard it ran. */
  key: string;
  run: string;
  /** The body, or the service's verb. */
  text: string;
  began: number;
  ended: number | null;
  /** `null`: it never came to its end. */
  exit: number | null;
  /** The processes that it left. */
  left: string[];
}

interface Guard {
  running: ActRecord | null;
  /** The newest first. */
  records: { run: string; boot: string; exit: number | null }[];
  revoked: Set<string>;
  free: (() => void)[];
}

/** What a host tells of what is about to be run, before it is. */
export interface Witness {
  acts(act: ActRecord, script: Script): void;
  drains(host: MemoryHost): void;
}

/** Runs that a guard remembers. */
const REMEMBERED = 8;

const NOTHING = { stdout: "", stderr: "" };
export const exit = (code: number, stderr = ""): RunResult => ({
  ...NOTHING,
  ...{ kind: "exit", code, stderr },
});

/** The text of a service's act, as the package writes it. */
const SERVICE =
  /systemctl .*?(reload-or-restart|try-restart|restart|reload|start|stop) -- /;

/** A machine in memory: its processes, its guards, and what is wrong with it. */
export class MemoryHost {
  readonly trouble: Trouble = {};
  drained = false;
  /** Last answer of its health check. */
  healthy = true;
  readonly acts: ActRecord[] = [];
  /** When its service got new processes without an act: by hand, or by a boot. */
  readonly byHand: number[] = [];
  processes: { id: string; since: number }[] = [];
  private boots = 0;
  private pids = 100;
  private invocation = 0;
  private readonly guards = new Map<string, Guard>();

  constructor(
    readonly name: string,
    private readonly world: World,
    private readonly witness: Witness,
    /** Where its guards lie: `run` is lost with a reboot. */
    readonly guardPlace: "run" | "home" | "nowhere",
    readonly systemd: boolean,
  ) {
    this.restart();
  }

  /** Its boot id. */
  get boot(): string {
    return `${String(this.boots).padStart(8, "0")}-${this.name}`;
  }

  get identities(): string[] {
    return this.processes.map(({ id }) => id);
  }

  restart(): void {
    this.invocation += 1;
    const ticks = Math.floor(this.world.now / 10);
    const { boot } = this;
    this.processes = [
      { id: `${boot}/${++this.pids}/${ticks}`, since: this.world.now },
    ];
  }

  restartByHand(): void {
    this.restart();
    this.byHand.push(this.world.now);
  }

  stopService(): void {
    this.processes = [];
  }

  reboot(comesBack: boolean): void {
    this.boots += 1;
    this.pids = 100;
    this.stopService();
    for (const [key, guard] of this.guards) {
      if (guard.running) guard.running.ended = this.world.now;
      guard.running = null;
      if (this.guardPlace === "run") this.guards.delete(key);
      for (const free of guard.free.splice(0)) free();
    }
    if (comesBack) this.restartByHand();
  }

  look(spec: ProcessSpec): Sighting {
    if ("unit" in spec && !this.systemd)
      return { kind: "unknown", reason: "there is no systemctl" };
    const matches = !("commandString" in spec) || spec.commandString === "web";
    const seen = matches ? this.processes : [];
    const ages = seen.map(({ since }) => (this.world.now - since) / 1000);
    const identities = seen.map(({ id }) => id);
    if (!("unit" in spec)) return { kind: "seen", identities, ages };
    const activeState = seen.length > 0 ? "active" : "inactive";
    if (seen.length === 0)
      return { kind: "seen", identities, ages, activeState };
    const invocationId = `${this.boots}-${this.invocation}`;
    return { kind: "seen", identities, ages, activeState, invocationId };
  }

  /** Runs what was sent; resolves also where nobody hears of it any more. */
  async run(script: Script): Promise<RunResult> {
    const { body, guard } = script;
    if (guard) return this.guarded(script);
    if (body.includes("/run/systemd/system")) return exit(this.systemd ? 0 : 1);
    const { trouble } = this;
    await this.pass(20 + this.world.dice.next() * 200);
    switch (body.split(" ")[0]) {
      case "drain":
        this.witness.drains(this);
        this.drained = true;
        return exit(trouble.drain ? 1 : 0);
      case "undrain":
        if (trouble.undrain) return exit(1);
        this.drained = false;
        return exit(0);
      case "health":
        this.healthy = !trouble.health && this.processes.length > 0;
        return exit(this.healthy ? 0 : 1);
      case "gate":
        return exit(
          { "not yet": 75, never: 1, open: 0 }[trouble.gate ?? "open"],
        );
      case ":":
        return exit(0);
      default:
        return exit(127, "not found");
    }
  }

  private async guarded(script: Script): Promise<RunResult> {
    const { key, runId } = script.guard!;
    const guard = this.guard(key);
    if (this.guardPlace !== "nowhere") {
      if (guard.running && !(await this.free(guard, script.timeout)))
        return {
          ...NOTHING,
          kind: "timeout",
          seconds: script.timeout,
          started: false,
        };
      if (guard.revoked.has(runId))
        return {
          ...exit(98, "locked-action: this run was given up before it began"),
          started: false,
        };
    }
    const act: ActRecord = {
      ...{ host: this.name, key, run: runId, text: textOf(script.body) },
      ...{ began: this.world.now, ended: null, exit: null, left: [] },
    };
    this.witness.acts(act, script);
    this.acts.push(act);
    guard.running = act;
    const record = { run: runId, boot: this.boot, exit: null as number | null };
    guard.records = [record, ...guard.records].slice(0, REMEMBERED);
    const result = await this.perform(act, script);
    if (act.ended !== null)
      return { ...NOTHING, kind: "unknown", reason: "the host went down" };
    act.ended = this.world.now;
    if (result.kind === "exit") act.exit = result.code;
    act.left = this.identities;
    guard.running = null;
    record.exit = result.kind === "exit" ? result.code : 124;
    for (const free of guard.free.splice(0)) free();
    if (this.guardPlace === "nowhere")
      result.stderr +=
        "locked-action: this host has no flock: two runs could act at once\n";
    return result;
  }

  /** What the act does to the service, sooner or later. */
  private async perform(act: ActRecord, script: Script): Promise<RunResult> {
    const { trouble, world } = this;
    const verb = SERVICE.exec(script.body)?.[1] ?? "restart";
    await this.pass(200 + world.dice.next() * 8000);
    const how = trouble.act;
    if (act.ended !== null) return exit(1);
    if (how === "hangs") {
      await this.pass(script.timeout * 1000);
      return { ...NOTHING, kind: "timeout", seconds: script.timeout };
    }
    if (how === "refuses") return exit(3, "Job failed. secret-in-output");
    const down = this.processes.length === 0;
    if (how === "half" || how === "no process") {
      if (verb !== "reload") this.stopService();
      return exit(how === "half" ? 3 : 0);
    }
    if (verb === "stop") {
      if (how !== "same process") this.stopService();
    } else if (verb === "start") {
      if (down) this.restart();
    } else if (verb === "reload" || (verb === "try-restart" && down)) {
      if (verb === "reload" && down) return exit(1);
    } else if (how !== "same process") {
      this.stopService();
      await this.pass(50 + world.dice.next() * 2000);
      if (act.ended === null) this.restart();
    }
    await this.pass(world.dice.next() * 1000);
    return exit(how === "fails late" ? 3 : 0);
  }

  async awaitGuard(
    key: string,
    timeout: number,
    revoke: string | undefined,
  ): Promise<GuardRecord> {
    if (this.guardPlace === "nowhere")
      return { state: "unavailable", reason: "the host has no flock" };
    const guard = this.guard(key);
    if (guard.running && !(await this.free(guard, timeout)))
      return { state: "running", runId: guard.running.run };
    if (revoke !== undefined) this.guard(key).revoked.add(revoke);
    const [newest] = this.guard(key).records;
    if (!newest) return { state: "none" };
    const { run: runId, exit } = newest;
    if (exit === null) return { state: "interrupted", runId };
    return { state: "finished", runId, exit };
  }

  /** What became of one run; it begins no more if it has not by now. */
  async fateOf(
    key: string,
    timeout: number,
    run: string,
    boot: string | undefined,
  ): Promise<Fate> {
    if (this.guardPlace === "nowhere")
      return { state: "unavailable", reason: "the host has no flock" };
    const { running } = this.guard(key);
    if (running && !(await this.free(this.guard(key), timeout)))
      return { state: "running", runId: running.run };
    const guard = this.guard(key);
    guard.revoked.add(run);
    const record = guard.records.find((each) => each.run === run);
    if (record && record.exit !== null)
      return { state: "finished", exit: record.exit };
    if (record) {
      const by = record.boot === this.boot ? "signal" : "reboot";
      return { state: "interrupted", by };
    }
    if (boot !== undefined && boot !== this.boot)
      return { state: "interrupted", by: "reboot" };
    if (boot === undefined || guard.records.length === REMEMBERED)
      return { state: "unknown", reason: "there is no record", over: true };
    return { state: "never" };
  }

  /** Whether anything of an owner's runs. */
  isActing(key?: string): boolean {
    if (key !== undefined) return this.guards.get(key)?.running != null;
    return [...this.guards.values()].some(({ running }) => running);
  }

  private guard(key: string): Guard {
    let guard = this.guards.get(key);
    if (!guard) {
      guard = { running: null, records: [], revoked: new Set(), free: [] };
      this.guards.set(key, guard);
    }
    return guard;
  }

  private async free(guard: Guard, seconds: number): Promise<boolean> {
    await new Promise<void>((resolve) => {
      guard.free.push(resolve);
      this.world.after(seconds * 1000, resolve, null);
    });
    return !guard.running;
  }

  private pass(ms: number): Promise<void> {
    return new Promise((resolve) => void this.world.after(ms, resolve, null));
  }
}

function textOf(body: string): string {
  const verb = SERVICE.exec(body)?.[1];
  return verb ? `service ${verb}` : body.trim();
}
