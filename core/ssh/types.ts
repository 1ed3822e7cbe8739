import type { Identity, ProcessSpec, Sighting } from "../process/types";

/** How to reach a host: field names and defaults of `@pulumi/command`'s `remote.Connection`, plus host keys. */
export interface ConnectionOptions {
  host: string;
  /** @default 22 */
  port: number;
  /** @default "root" */
  user: string;
  password?: string;
  /** The key itself, not a path. */
  privateKey?: string;
  privateKeyPassword?: string;
  /** @default $SSH_AUTH_SOCK */
  agentSocketPath?: string;
  /** Tries to dial before giving up; -1: no bound but the caller's deadline. @default 10 */
  dialErrorLimit: number;
  /** Seconds for one try, handshake and authentication included. @default 15 */
  perDialTimeout: number;
  /** The only host key to accept: an `authorized_keys` line, or `SHA256:…`. */
  hostKey?: string;
  /** Text of a known_hosts file. @default the runner's `~/.ssh/known_hosts` */
  knownHosts?: string;
  /** Accept any host key. @default false */
  insecureIgnoreHostKey: boolean;
  /** Let the host sign with RSA and SHA-1 (`ssh-rsa`), as servers before OpenSSH 7.2 do. @default false */
  insecureAllowSha1?: boolean;
  /** A jump host, which may have one of its own. */
  proxy?: ConnectionOptions;
}

/** What to run on a host. */
export interface Script {
  /** POSIX sh, sent over stdin: never in argv. */
  body: string;
  /** Exported before the body runs; values may be secret. */
  environment?: Record<string, string>;
  /** What the body reads on its stdin; nothing else is there. */
  stdin?: string;
  /** Seconds after which the host itself ends it (TERM, then KILL). */
  timeout: number;
  /** `true`: as root; a string: as that user. */
  sudo?: boolean | string;
  sudoPassword?: string;
  /** Begin only when the last processes of the scripts before it on this connection are gone: for a look at processes. */
  alone?: boolean;
  /** Hold an exclusive lock on the host while it runs, and leave a record of its run there. */
  guard?: Guard;
}

/** The guard on the host, which ends and remembers what it runs: docs/design.md, "The action". */
export interface Guard {
  /** One per owner of a lock, filesystem-safe. */
  key: string;
  runId: string;
}

export interface Output {
  /** At most 64 KiB each: head and tail, with a note of how much is missing between them. */
  stdout: string;
  stderr: string;
}

/** What became of a script. `unknown` means that it may have run, may be running, may have ended: look. */
export type RunResult = Ending & Output & Beginning;

export type Ending =
  | { kind: "exit"; code: number }
  | { kind: "signal"; signal: string }
  | { kind: "timeout"; seconds: number }
  | { kind: "unknown"; reason: string };

export interface Beginning {
  /**
   * `false`: the body has certainly not begun, and never will: it was never sent (the link was gone before, or something else than our shell
   * answered, such as `sudo` that refuses or a forced command), or our script has refused it in its own last word.
   * `true`: how it ended is not known, and the script's own mark said that it began. Not there: see how it ended, or nobody knows.
   */
  started?: boolean;
}

/** What the guard's record on the host says of the last act of an owner. */
export type GuardRecord =
  | { state: "none" }
  | { state: "running"; runId: string }
  | { state: "finished"; runId: string; exit: number }
  /** The act was begun, nothing runs any more, and its end was not written (the host went down). */
  | { state: "interrupted"; runId: string }
  /** The host has no `flock`, or no place to keep a record in: nothing is known. */
  | { state: "unavailable"; reason: string };

/** What became of one run under a guard. */
export type Fate =
  /** It has not begun, and never will: the guard has revoked it. */
  | { state: "never" }
  /** The guard is not free yet: this run has it, or another one. */
  | { state: "running"; runId: string }
  | { state: "finished"; exit: number }
  /** It was begun, nothing of it runs any more, and its end was not written: its shell was killed, or the host rebooted. */
  | { state: "interrupted"; by: "signal" | "reboot" }
  /** It may have run. `over`: nothing of it runs any more, and nothing of it can begin any more. */
  | { state: "unknown"; reason: string; over: boolean }
  /** The host has no `flock`, or no place to keep a record in: nothing is known. */
  | { state: "unavailable"; reason: string };

/** A connected, authenticated host. One connection is shared by all who lease the same host. */
export interface RemoteHost {
  /** Never rejects for what happens on the host or the link: that is in the result. `signal` ends the remote run (TERM, then KILL). */
  run(script: Script, options?: { signal?: AbortSignal }): Promise<RunResult>;
  /**
   * Waits until the guard of `key` is free or `timeout` seconds have passed, and tells what its record says.
   * @throws LinkError
   */
  awaitGuard(
    key: string,
    timeout: number,
    options?: GuardOptions,
  ): Promise<GuardRecord>;
  /** What this host says of its processes itself. @default a program that is run there tells */
  look?(process: ProcessSpec): Promise<Sighting>;
  /** The same of processes that are known already: which of them still run. */
  alive?(identities: readonly Identity[]): Promise<Identity[]>;
  /**
   * Waits likewise, and tells what became of one run; if it has not begun by now it never will.
   * `boot` is the boot of the host when a run of another process was sent; of this process's own runs it is known.
   * @throws LinkError
   */
  fateOf(
    guard: Guard,
    timeout: number,
    options?: Omit<GuardOptions, "revoke"> & { boot?: string },
  ): Promise<Fate>;
  /** Gives the connection back; the last one closes it. */
  release(): void;
}

export interface GuardOptions {
  sudo?: boolean | string;
  sudoPassword?: string;
  signal?: AbortSignal;
  /** Id of a run whose act may still be on its way to the host: if it has not begun there by now, it never will. */
  revoke?: string;
}

/** The connection was lost, or the host gave no answer, while it was asked. */
export class LinkError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "LinkError";
  }
}

/** Why a host could not be reached: one line for each try. */
export class DialError extends Error {
  constructor(
    message: string,
    readonly tries: string[],
    /** False for what no further try can mend: a wrong host key, a key that cannot be parsed. */
    readonly retriable: boolean,
  ) {
    super(message);
    this.name = "DialError";
  }
}

export interface DialOptions {
  signal?: AbortSignal;
  /** Told after each failed try. */
  onTry?: (tryNumber: number, of: number, reason: string) => void;
}

/** Owns all connections of a process. */
export interface HostPool {
  /** Dials, or shares the connection that is there; after a lost link the next lease dials anew. @throws DialError */
  lease(options: ConnectionOptions, dial?: DialOptions): Promise<RemoteHost>;
  /** Closes everything at once. */
  close(): void;
}
