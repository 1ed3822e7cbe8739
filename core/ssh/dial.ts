import type { Duplex } from "node:stream";
import { Client, type ConnectConfig, type ParsedKey } from "ssh2";
import { authentication } from "./authentication";
import { Connection } from "./connection";
import { Offers } from "./offers";
import { hostKeyPolicy } from "./host-key";
import { connectSocket } from "./socket";
import { oneLine } from "../text/lines";
import type { ConnectionOptions } from "./types";

/** One try that failed. */
export class TryError extends Error {
  constructor(
    message: string,
    /** False: the same would happen again. */
    readonly retriable: boolean,
    /** The host was reached: it showed a key, or turned the login away. */
    readonly reached = false,
  ) {
    super(message);
  }
}

export interface Way {
  options: ConnectionOptions;
  /** Opened before the first try. */
  key: ParsedKey | null;
  /** The connection to the jump host. */
  jump: Connection | null;
  execs: number;
  /** Seconds between two questions whether the host is still there; after three without an answer it is not. */
  keepalive: number;
}

/** How the library says that two sides have no algorithm in common. */
const NO_COMMON = /no matching/;

/** One try to connect and log in, within `perDialTimeout`. @throws TryError */
export async function dialOnce(
  way: Way,
  signal: AbortSignal,
): Promise<Connection> {
  const { perDialTimeout } = way.options;
  const late = AbortSignal.timeout(Math.ceil(perDialTimeout * 1000));
  const stop = AbortSignal.any([signal, late]);
  try {
    return await handshake(way, await openStream(way, stop), stop).catch(
      async (error: Error) => {
        if (!NO_COMMON.test(error.message)) throw error;
        // once more, with the library's log, which is the only one to know the offers
        const offers = new Offers();
        const stream = await openStream(way, stop);
        return handshake(way, stream, stop, offers);
      },
    );
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (late.aborted)
      throw new TryError(`no connection within ${perDialTimeout} s`, true);
    if (error instanceof TryError) throw error;
    throw new TryError((error as Error).message, true);
  }
}

async function openStream(
  { options, jump }: Way,
  signal: AbortSignal,
): Promise<Duplex> {
  const { host, port } = options;
  if (!jump) return connectSocket(host, port, signal);
  const opening = jump.forward(host, port);
  const stopped = new Promise<never>((_, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason as Error), {
      once: true,
    }),
  );
  stopped.catch(() => {}); // nobody may be waiting any more
  opening.then(
    (channel) => {
      channel.on("error", () => {});
      // one that opens too late must not stay
      if (signal.aborted) channel.destroy();
    },
    () => {},
  );
  return Promise.race([opening, stopped]).catch((error: Error) => {
    throw new Error(`from the jump host: ${error.message}`);
  });
}

function handshake(
  { options, key, execs, keepalive }: Way,
  stream: Duplex,
  signal: AbortSignal,
  offers?: Offers,
): Promise<Connection> {
  const client = new Client();
  const policy = hostKeyPolicy(options);
  const login = authentication(options, key);
  let keyProblem: string | null = null;
  const config: ConnectConfig = {
    sock: stream,
    username: options.user,
    readyTimeout: 0, // ours covers the whole try
    keepaliveInterval: keepalive * 1000,
    keepaliveCountMax: 3,
    authHandler: login.handler,
    hostVerifier: (blob: Buffer) => {
      keyProblem = policy.problem(blob);
      return keyProblem === null;
    },
    algorithms: { serverHostKey: policy.algorithms as never },
    ...(offers ? { debug: (line: string) => offers.note(line) } : {}),
  };
  return new Promise<Connection>((resolve, reject) => {
    const connection = new Connection(client, () => stream.destroy(), execs);
    let settled = false;
    const settle = () => {
      settled = true;
      signal.removeEventListener("abort", onAbort);
    };
    const fail = (error: Error) => {
      if (settled) return;
      settle();
      reject(error);
      connection.abandon("not connected");
    };
    const onAbort = () => fail(signal.reason as Error);
    signal.addEventListener("abort", onAbort, { once: true });
    client.on("error", (error: Error & { level?: string }) => {
      if (error.level === "agent") login.note(`agent: ${error.message}`);
      else if (error.message.startsWith("Error signing"))
        login.note(error.message);
      else if (offers && NO_COMMON.test(error.message))
        fail(new TryError(offers.explain(error.message), false, true));
      else fail(explain(error, keyProblem, login.failure));
    });
    client.on("close", () =>
      fail(new TryError("the host closed the connection", true)),
    );
    client.once("ready", () => {
      settle();
      resolve(connection);
    });
    try {
      client.connect(config);
    } catch (error) {
      fail(new TryError((error as Error).message, false));
    }
  });
}

function explain(
  error: Error & { level?: string },
  keyProblem: string | null,
  failure: (said?: string) => string,
): TryError {
  if (keyProblem) return new TryError(keyProblem, false, true);
  if (error.level === "client-authentication")
    return new TryError(failure(), false, true);
  if (/too many authentication failures/i.test(error.message))
    return new TryError(failure(oneLine(error.message)), false, true);
  return new TryError(error.message, true);
}
