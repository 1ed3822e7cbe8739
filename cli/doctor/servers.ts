import { oneLine } from "../../core/text/lines";
import { parseServers } from "../../core/zookeeper/servers";
import { Session } from "../../core/zookeeper/session";
import type { Context } from "../context";
import { failed, ok, warning, type Check } from "./check";
import { askServer, speaksTls } from "./four-letter";

/** Milliseconds for one server. */
const PATIENCE = 4000;
/** And for the question whether it speaks TLS, of one that said nothing. */
const TLS_PATIENCE = 2000;

interface Seen {
  name: string;
  serves: boolean;
  /** Null: it does not tell. */
  mode: string | null;
  version: string | null;
  problem: string;
}

/** Each server of the list by itself, and whether together they are one ensemble. */
export async function checkServers({ where }: Context): Promise<Check[]> {
  const { hosts, chroot } = where.servers;
  const seen = await Promise.all(hosts.map((host) => look(host, chroot)));
  const anyServes = seen.some(({ serves }) => serves);
  return [...seen.map((one) => ofServer(one, anyServes)), together(seen)];
}

function ofServer(server: Seen, anyServes: boolean): Check {
  const { name, serves, mode, version, problem } = server;
  const what = `server ${name}`;
  if (serves && mode)
    return ok(what, `${version ?? "version not told"}, ${mode}`);
  if (serves)
    return ok(what, "version and mode not told: srvr is not let through");
  // the others are enough, until one more is gone
  return (anyServes ? warning : failed)(what, problem);
}

function together(seen: Seen[]): Check {
  const what = "ensemble";
  const serving = seen.filter(({ serves }) => serves);
  const count = `${serving.length} of ${seen.length} servers serve`;
  const modes = (mode: string) => seen.filter((one) => one.mode === mode);
  if (serving.length === 0)
    return failed(what, count, "is the list right, and is a majority up?");
  if (modes("standalone").length > 0 && seen.length > 1)
    return failed(
      what,
      `${modes("standalone")[0]!.name} is standalone, not part of an ensemble`,
      "who connects to it sees other locks than the rest: take it off the list",
    );
  if (modes("leader").length > 1)
    return failed(
      what,
      `${modes("leader").length} leaders: the servers are of different ensembles`,
      "who connects to one does not see the locks of the other",
    );
  const versions = [
    ...new Set(serving.flatMap(({ version }) => version ?? [])),
  ];
  if (versions.length > 1)
    return warning(what, `${count}; versions ${versions.join(" and ")}`);
  if (serving.length < seen.length)
    return warning(what, count, "see to the others before one more is gone");
  return ok(what, count);
}

async function look(
  host: { host: string; port: number },
  chroot: string,
): Promise<Seen> {
  const name = `${host.host}:${host.port}`;
  const unknown = { name, serves: false, mode: null, version: null };
  let answer: string;
  try {
    answer = await askServer(host, "srvr", PATIENCE);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const ended = code === "ECONNRESET" || code === "EPIPE";
    if (code !== undefined && !ended) return { ...unknown, problem: message };
    const tls = await speaksTls(host, TLS_PATIENCE);
    const problem = tls ? TLS_ALONE : ended ? strange("") : message;
    return { ...unknown, problem };
  }
  const mode = /^Mode: ([\w-]+)/m.exec(answer)?.[1] ?? null;
  const version = /version: ([\w.]+)/.exec(answer)?.[1] ?? null;
  if (mode === "read-only")
    return {
      ...{ ...unknown, version },
      problem:
        "read-only: it is cut off from its ensemble, and serves no writes",
    };
  if (mode) return { name, serves: true, mode, version, problem: "" };
  if (/not currently serving/.test(answer))
    return {
      ...unknown,
      problem: "up, but without a quorum: it serves nobody",
    };
  // it does not talk to us in this way: does it in the other?
  const serves = await servesSessions(`${name}${chroot}`);
  if (serves) return { ...unknown, serves, problem: "" };
  const tls = answer === "" && (await speaksTls(host, TLS_PATIENCE));
  return { ...unknown, problem: tls ? TLS_ALONE : strange(answer) };
}

const TLS_ALONE = "it speaks TLS alone: a port without TLS is needed";

/** The first bytes of an alert record, of whatever version. */
const TLS_ALERT = "\x15\x03";

/** What it is that answers so, and gives no session. */
function strange(answer: string): string {
  if (answer.startsWith(TLS_ALERT)) return TLS_ALONE;
  if (answer === "")
    return "it takes connections and ends them without a word: is the port for TLS alone, or are its connections used up (maxClientCnxns)?";
  if (/^HTTP\/|^SSH-|^<!|^<html/i.test(answer))
    return `no ZooKeeper is there: it answered ${oneLine(answer, 80)}`;
  return `no session, and to srvr it answered: ${oneLine(answer, 80)}`;
}

async function servesSessions(server: string): Promise<boolean> {
  const session = new Session({ servers: parseServers(server) });
  try {
    await session.ready({ within: PATIENCE });
    return true;
  } catch {
    return false;
  } finally {
    await session.close();
  }
}
