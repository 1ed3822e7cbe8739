import type {
  Identity,
  ProcessSpec,
  Sighting,
} from "../../../core/process/types";
import {
  DialError,
  LinkError,
  type ConnectionOptions,
  type DialOptions,
  type Fate,
  type Guard,
  type GuardOptions,
  type GuardRecord,
  type HostPool,
  type RemoteHost,
  type RunResult,
  type Script,
} from "../../../core/ssh/types";
import type { Party, World } from "../time/world";
import type { MemoryHost } from "./host";

/** Seconds of one try to connect to a machine that does not answer. */
const SILENCE = 2;

/** One connection from a process to a host. */
class Link {
  alive = true;
  private readonly waiting = new Set<() => void>();

  constructor(readonly host: MemoryHost) {}

  lose(): void {
    this.alive = false;
    for (const tell of [...this.waiting]) tell();
    this.waiting.clear();
  }

  /** Told if the link is lost before `done`. */
  listen(tell: () => void): () => void {
    this.waiting.add(tell);
    return () => void this.waiting.delete(tell);
  }
}

/** What a life is told of, before it happens: it may strike then. */
export interface Watching {
  /** A process asks a host for something. */
  asks(what: string, host: MemoryHost): void;
  /** An act or a drain is sent. */
  sends(what: "act" | "drain", host: MemoryHost, script: Script): void;
}

/** The connections of one process to the hosts of a life. */
export class MemoryHosts implements HostPool {
  private readonly links = new Map<string, Link>();
  private readonly doubts = new Map<string, string>();
  /** Boot of its host at the sending of each run. */
  private readonly boots = new Map<string, string>();

  constructor(
    private readonly machines: ReadonlyMap<string, MemoryHost>,
    private readonly world: World,
    private readonly party: Party,
    private readonly watching: Watching,
  ) {}

  loseLink(name: string): void {
    this.links.get(name)?.lose();
  }

  close(): void {
    for (const link of this.links.values()) link.lose();
  }

  async lease(
    { host: name, dialErrorLimit }: ConnectionOptions,
    { signal, onTry }: DialOptions = {},
  ): Promise<RemoteHost> {
    const host = this.machines.get(name)!;
    const tries: string[] = [];
    const limit = dialErrorLimit < 0 ? 100 : dialErrorLimit;
    for (;;) {
      if (signal?.aborted) throw new DialError("cancelled", tries, true);
      this.watching.asks("dial", host);
      const known = this.links.get(name);
      if (known?.alive && !host.trouble.unreachable) return this.remote(known);
      await this.pass(host.trouble.unreachable ? SILENCE * 1000 : 5);
      if (!host.trouble.unreachable) break;
      tries.push("no answer");
      onTry?.(tries.length, limit, "no answer");
      if (tries.length >= limit)
        throw new DialError(
          `cannot connect to ${name}: no answer`,
          tries,
          true,
        );
    }
    const link = new Link(host);
    this.links.set(name, link);
    return this.remote(link);
  }

  private remote(link: Link): RemoteHost {
    const { host } = link;
    return {
      run: async (script, options) => {
        const result = await this.run(link, script, options?.signal);
        const doubtful = result.kind === "unknown" && result.started !== false;
        if (script.guard && doubtful)
          this.doubts.set(
            `${host.name} ${script.guard.key}`,
            script.guard.runId,
          );
        return result;
      },
      awaitGuard: (key, timeout, options) =>
        this.awaitGuard(link, key, timeout, options),
      fateOf: (guard, timeout, options) =>
        this.fateOf(link, guard, timeout, options),
      look: (spec) => this.look(link, spec),
      alive: (identities) => this.stillThere(link, identities),
      release: () => {},
    };
  }

  private async run(
    link: Link,
    script: Script,
    signal?: AbortSignal,
  ): Promise<RunResult> {
    const { host } = link;
    const what = script.guard ? "act" : script.body.split(" ")[0]!;
    this.watching.asks(what, host);
    if (what === "act" || what === "drain")
      this.watching.sends(what, host, script);
    const lost: RunResult = {
      ...{ kind: "unknown", reason: "the connection was lost" },
      ...{ stdout: "", stderr: "" },
    };
    if (!link.alive) return { ...lost, started: false };
    if (script.guard) this.boots.set(script.guard.runId, host.boot);
    return this.over(link, () => host.run(script), {
      lost,
      // what was sent may come late, for the guard to refuse
      // (without one: docs/limits.md)
      late: what === "act" && host.guardPlace !== "nowhere",
      ...(signal
        ? { signal, ended: { ...lost, kind: "signal", signal: "SIGTERM" } }
        : {}),
    });
  }

  private async look(link: Link, spec: ProcessSpec): Promise<Sighting> {
    this.watching.asks("look", link.host);
    const lost: Sighting = {
      kind: "unknown",
      reason: "the connection was lost",
    };
    if (!link.alive) return lost;
    return this.over(link, async () => link.host.look(spec), { lost });
  }

  private async stillThere(
    link: Link,
    asked: readonly Identity[],
  ): Promise<Identity[]> {
    this.watching.asks("processes", link.host);
    const alive = () =>
      asked.filter((identity) => link.host.identities.includes(identity));
    const found = link.alive
      ? await this.over<Identity[] | null>(
          link,
          () => Promise.resolve(alive()),
          { lost: null },
        )
      : null;
    if (found) return found;
    throw new LinkError("the connection was lost");
  }

  private async awaitGuard(
    link: Link,
    key: string,
    timeout: number,
    { revoke, signal }: GuardOptions = {},
  ): Promise<GuardRecord> {
    this.watching.asks("guard", link.host);
    const id = `${link.host.name} ${key}`;
    const given = revoke ?? this.doubts.get(id);
    const record: GuardRecord | null = link.alive
      ? await this.over(
          link,
          (): Promise<GuardRecord | null> =>
            link.host.awaitGuard(key, timeout, given),
          { lost: null, ...(signal ? { signal, ended: null } : {}) },
        )
      : null;
    if (!record)
      throw new LinkError(
        "the guard could not be asked: the connection was lost",
      );
    if (record.state !== "running" && given === this.doubts.get(id))
      this.doubts.delete(id);
    return record;
  }

  private async fateOf(
    link: Link,
    { key, runId }: Guard,
    timeout: number,
    { signal, boot }: { signal?: AbortSignal; boot?: string } = {},
  ): Promise<Fate> {
    this.watching.asks("fate", link.host);
    const sent = boot ?? this.boots.get(runId);
    const fate = link.alive
      ? await this.over(
          link,
          (): Promise<Fate | null> =>
            link.host.fateOf(key, timeout, runId, sent),
          { lost: null, ...(signal ? { signal, ended: null } : {}) },
        )
      : null;
    if (fate) return fate;
    throw new LinkError(
      "the guard could not be asked: the connection was lost",
    );
  }

  /** Sends something, lets the host do it, and brings the answer back, if the link lasts. */
  private over<T>(
    link: Link,
    work: () => Promise<T>,
    {
      lost,
      late = false,
      signal,
      ended,
    }: { lost: T; late?: boolean; signal?: AbortSignal; ended?: T },
  ): Promise<T> {
    const { world, party } = this;
    const { host } = link;
    if (host.trouble.unreachable) link.lose();
    return new Promise<T>((resolve) => {
      let sent = false;
      const tell = (answer: T) => {
        forget();
        signal?.removeEventListener("abort", abort);
        world.after(1, () => resolve(answer), party);
      };
      const forget = link.listen(() => tell(lost));
      const abort = () => tell(ended!);
      signal?.addEventListener("abort", abort);
      if (signal?.aborted) return tell(ended!);
      const arrive = () => {
        sent = true;
        void work().then((answer) => {
          if (link.alive) tell(answer);
        });
      };
      const way = 1 + world.dice.next() * 8;
      world.after(
        way,
        () => {
          if (link.alive && !host.trouble.unreachable) return arrive();
          if (sent || host.trouble.unreachable) return tell(lost);
          if (world.dice.chance(0.3)) arrive();
          else if (late && world.dice.chance(0.5))
            world.after(world.dice.between(0.1, 60) * 1000, arrive, null);
        },
        null,
      );
      if (!link.alive) tell(lost);
    });
  }

  private pass(ms: number): Promise<void> {
    return new Promise(
      (resolve) => void this.world.after(ms, resolve, this.party),
    );
  }
}
