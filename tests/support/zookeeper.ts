import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { eventually } from "./eventually";
import { ask, freePorts } from "./ports";
import type { Sandbox } from "./sandbox";

// Started by class and not by the distribution's scripts: half the time to start.
const JARS = [
  "zookeeper",
  "zookeeper-jute",
  "slf4j-api",
  "slf4j-nop",
  "metrics-core",
  "snappy-java",
];
const JVM = [
  "-XX:+UseSerialGC",
  "-XX:TieredStopAtLevel=1",
  "-Xshare:auto",
  "-Xss512k",
];
const MAIN = "org.apache.zookeeper.server.quorum.QuorumPeerMain";

export interface ZookeeperOptions {
  /** Milliseconds; session time-outs are clamped to 2 … 20 of them. @default 1000 */
  tickTime?: number;
  /** More lines for zoo.cfg. */
  extra?: string[];
  /** JVM heap. @default "64m" */
  heap?: string;
  /** More system properties, `-Dname=value`. */
  properties?: string[];
  /** Of another version, before the distribution's own. */
  jars?: string[];
}

/** A real ZooKeeper server on 127.0.0.1. */
export class ZookeeperServer {
  private process: ChildProcess | null = null;

  constructor(
    private readonly sandbox: Sandbox,
    readonly dir: string,
    readonly port: number,
    private readonly options: ZookeeperOptions,
  ) {}

  get connect(): string {
    return `127.0.0.1:${this.port}`;
  }

  get pid(): number {
    if (!this.process?.pid) throw new Error("this ZooKeeper is not running");
    return this.process.pid;
  }

  /** Starts the JVM; `ready` awaits its service. */
  start(): void {
    const log = fs.openSync(path.join(this.dir, "log"), "a");
    const own = JARS.map((jar) => `/usr/share/java/${jar}.jar`);
    const jars = [...(this.options.jars ?? []), ...own].join(":");
    this.process = this.sandbox.spawn(
      "java",
      [
        ...JVM,
        `-Xmx${this.options.heap ?? "64m"}`,
        ...(this.options.properties ?? []),
        "-cp",
        jars,
        MAIN,
        path.join(this.dir, "zoo.cfg"),
      ],
      { stdio: ["ignore", log, log] },
    );
    fs.closeSync(log);
  }

  async ready(): Promise<void> {
    await eventually(
      `ZooKeeper on port ${this.port} serves`,
      async () => {
        if (this.process?.exitCode !== null)
          throw new Error(`it exited, see ${this.dir}/log`);
        return /^Mode: /m.test(await this.fourLetter("srvr"));
      },
      { within: 90_000 },
    );
  }

  /** `leader`, `follower` or `standalone`; empty while there is no quorum. */
  async mode(): Promise<string> {
    return /^Mode: (\w+)/m.exec(await this.fourLetter("srvr"))?.[1] ?? "";
  }

  /** Asks by one of ZooKeeper's four-letter words. */
  fourLetter(word: string): Promise<string> {
    return ask(this.port, word);
  }

  /** Freezes it: connections stay open, nothing is answered. */
  pause(): void {
    process.kill(this.pid, "SIGSTOP");
  }

  resume(): void {
    process.kill(this.pid, "SIGCONT");
  }

  get isRunning(): boolean {
    const { process } = this;
    return process?.exitCode === null && process.signalCode === null;
  }

  async kill(): Promise<void> {
    if (!this.isRunning) return;
    const running = this.process!;
    const gone = once(running, "exit");
    running.kill("SIGKILL");
    await gone;
  }

  /** On the same port, with the same data. */
  async restart(): Promise<void> {
    await this.kill();
    this.start();
    await this.ready();
  }
}

/** One server of its own. */
export async function startZookeeper(
  sandbox: Sandbox,
  options: ZookeeperOptions = {},
): Promise<ZookeeperServer> {
  const [port] = await freePorts(1);
  const server = prepare(sandbox, port!, options, []);
  server.start();
  await server.ready();
  return server;
}

/** An ensemble; `connect` names all its servers. */
export interface Ensemble {
  servers: ZookeeperServer[];
  connect: string;
  leader(): Promise<ZookeeperServer>;
  /** All but the leader. */
  followers(): Promise<ZookeeperServer[]>;
}

export async function startEnsemble(
  sandbox: Sandbox,
  size = 3,
  options: ZookeeperOptions = {},
): Promise<Ensemble> {
  const ports = await freePorts(3 * size);
  const peers = Array.from(
    { length: size },
    (_, i) =>
      `server.${i + 1}=127.0.0.1:${ports[size + i]}:${ports[2 * size + i]}`,
  );
  // those who elect a leader ask again after twice the time, up to a minute: longer than a session lasts
  const properties = [
    ...(options.properties ?? []),
    "-Dzookeeper.fastleader.maxNotificationInterval=1000",
  ];
  const servers = peers.map((_, i) =>
    prepare(
      sandbox,
      ports[i]!,
      { ...options, properties },
      ["initLimit=40", "syncLimit=5", ...peers],
      i + 1,
    ),
  );
  for (const server of servers) server.start();
  await Promise.all(servers.map((server) => server.ready()));
  const byMode = async (mode: string) => {
    const modes = await Promise.all(servers.map((server) => server.mode()));
    return servers.filter((_, i) => modes[i] === mode);
  };
  return {
    servers,
    connect: servers.map((server) => server.connect).join(","),
    leader: async () =>
      (await eventually(
        "the ensemble has a leader",
        async () => (await byMode("leader"))[0],
      )) as ZookeeperServer,
    followers: () =>
      eventually("all the others follow", async () => {
        const found = await byMode("follower");
        return found.length === size - 1 && found;
      }) as Promise<ZookeeperServer[]>,
  };
}

let count = 0;

function prepare(
  sandbox: Sandbox,
  port: number,
  options: ZookeeperOptions,
  lines: string[],
  id?: number,
): ZookeeperServer {
  const dir = path.join(sandbox.dir, `zookeeper-${++count}`);
  const data = path.join(dir, "data");
  fs.mkdirSync(data, { recursive: true });
  if (id) fs.writeFileSync(path.join(data, "myid"), String(id));
  const config = [
    `tickTime=${options.tickTime ?? 1000}`,
    `dataDir=${data}`,
    `clientPort=${port}`,
    "clientPortAddress=127.0.0.1", // without it, it listens on every address
    "maxClientCnxns=0",
    "admin.enableServer=false",
    "4lw.commands.whitelist=*",
    ...lines,
    ...(options.extra ?? []),
  ];
  fs.writeFileSync(path.join(dir, "zoo.cfg"), config.join("\n") + "\n");
  return new ZookeeperServer(sandbox, dir, port, options);
}
