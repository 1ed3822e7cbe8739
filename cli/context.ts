import { CREDENTIALS } from "../core/zookeeper/codes";
import { stripVTControlCharacters } from "node:util";
import type { Command } from "commander";
import { LockRefused, LockUnavailable } from "../core/lock";
import { clean } from "../core/text/clean";
import { Session } from "../core/zookeeper/session";
import { listenForInterruption, unlessInterrupted } from "./interruption";
import { locked } from "./next-steps";
import type { GlobalOptions } from "./options";
import { paintFor, type Paint } from "./paint";
import { locate, type Where } from "./settings";

/** What a command works with. */
export interface Context {
  options: GlobalOptions;
  where: Where;
  json: boolean;
  wide: boolean;
  paint: Paint;
  /** Aborted by Ctrl-C and the like. */
  signal: AbortSignal;
  /** One line, or several, to stdout. Foreign text in it was cleaned before, for it may be painted. */
  print(text: string): void;
  /** To stderr: what is no result. It is cleaned here. */
  note(text: string): void;
  /** The same, of what was cleaned and painted. */
  notePainted(text: string): void;
}

export function createContext(command: Command): Context {
  const options = command.optsWithGlobals<GlobalOptions>();
  const where = locate(options, process.env, process.cwd());
  return {
    options,
    where,
    json: options.json || options.output === "json",
    wide: options.output === "wide",
    paint: paintFor(process.stdout, options, process.env),
    signal: listenForInterruption(),
    print: (text) => void process.stdout.write(`${text}\n`),
    note: (text) => void process.stderr.write(`${clean(text)}\n`),
    notePainted: (text) => {
      const { stderr } = process;
      stderr.write(`${stderr.isTTY ? text : stripVTControlCharacters(text)}\n`);
    },
  };
}

/** Does a command's work; what it returns is the exit code, 0 if nothing. */
export async function perform(
  command: Command,
  work: (context: Context) => Promise<number | void>,
): Promise<void> {
  process.exitCode = (await work(createContext(command))) ?? 0;
}

/** With a session that is closed in any case; an interruption ends the work at once. */
export async function withSession<T>(
  context: Context,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  return withOwnSession(context, (session) =>
    unlessInterrupted(context.signal, work(session)),
  );
}

/** The same, for work that heeds the interruption itself. @throws LockUnavailable, LockRefused */
export async function withOwnSession<T>(
  context: Context,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const { servers, auth } = context.where;
  const session = new Session({ servers, auth });
  try {
    await connected(context, session);
    return await work(session);
  } finally {
    await session.close();
  }
}

async function connected(context: Context, session: Session): Promise<void> {
  const { options, where, signal } = context;
  const within = options.connectTimeout * 1000;
  try {
    await session.ready({ within, signal });
  } catch {
    if (signal.aborted) throw signal.reason;
    if (session.state === "refused")
      throw new LockRefused(`ZooKeeper at ${session.reason}`, [CREDENTIALS]);
    throw new LockUnavailable(
      `ZooKeeper at ${session.servers} is not reachable: not connected within ${options.connectTimeout} s`,
      [
        `the servers are those of ${where.from}`,
        `what is wrong with each of them: ${locked(context, "doctor")}`,
      ],
    );
  }
}
