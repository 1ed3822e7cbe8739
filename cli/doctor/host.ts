import fs from "node:fs";
import { createHostPool } from "../../core/ssh/pool";
import { DialError, type ConnectionOptions } from "../../core/ssh/types";
import { oneLine } from "../../core/text/lines";
import { usage } from "../errors";
import { failed, ok, warning, type Check } from "./check";
import { checkMatches, type Pattern } from "./matches";

/** Seconds for the look at a host. */
const PATIENCE = 20;
const CLOCK = 2;

// Nothing is written there. One fact a line.
const LOOK = `
echo "clock $(date +%s)"
[ -r /proc/self/stat ] && echo "proc yes"
[ -r /proc/1/stat ] && echo "others yes"
for la_tool in awk tail getconf timeout setsid flock systemctl; do
  command -v "$la_tool" >/dev/null 2>&1 && echo "tool $la_tool"
done
[ "$(id -u)" = 0 ] && echo "root yes"
sudo -n true </dev/null >/dev/null 2>&1 && echo "sudo yes"
:
`;

/** `user@host[:port]`. @throws CommandError */
export function parseHost(text: string): ConnectionOptions {
  const [, user, host, port] =
    /^(?:([^@\s]+)@)?([A-Za-z0-9][A-Za-z0-9._-]*)(?::(\d{1,5}))?$/.exec(text) ??
    [];
  if (!host || Number(port ?? 22) > 65535 || Number(port ?? 22) < 1)
    throw usage("--host: expected user@host or user@host:port");
  const agent = process.env.SSH_AUTH_SOCK;
  return {
    ...{ host, port: Number(port ?? 22), user: user ?? "root" },
    ...(agent ? { agentSocketPath: agent } : {}),
    ...{ dialErrorLimit: 1, perDialTimeout: 15, insecureIgnoreHostKey: false },
  };
}

export interface HostQuestions {
  /** File of a private key. */
  identity: string | undefined;
  /** Processes to look for. */
  pattern: Pattern | null;
  signal: AbortSignal;
}

/** Whether an action could be run there, and what a pattern matches. */
export async function checkHost(
  text: string,
  { identity, pattern, signal }: HostQuestions,
): Promise<Check[]> {
  const options = parseHost(text);
  if (identity) options.privateKey = readKey(identity);
  const what = `host ${text}`;
  const pool = createHostPool();
  try {
    const host = await pool.lease(options, { signal });
    try {
      const before = Date.now();
      const result = await host.run(
        { body: LOOK, timeout: PATIENCE },
        { signal },
      );
      const after = Date.now();
      if (result.kind !== "exit" || result.code !== 0)
        return [failed(what, `a shell there: ${describe(result)}`)];
      const own = judge(what, result.stdout, (before + after) / 2000);
      if (!pattern) return own;
      const sudo = /^sudo yes$/m.test(result.stdout);
      return [
        ...own,
        await checkMatches(host, what, pattern, { sudo, signal }),
      ];
    } finally {
      host.release();
    }
  } catch (error) {
    if (signal.aborted || !(error instanceof Error)) throw error;
    const tries = error instanceof DialError ? error.tries : [];
    const others = tries.filter((one) => one !== error.message);
    return [failed(what, oneLine(error.message), ...others)];
  } finally {
    pool.close();
  }
}

const describe = (result: { kind: string; stderr: string; reason?: string }) =>
  oneLine(`${result.kind} ${result.reason ?? ""} ${result.stderr}`);

function judge(what: string, stdout: string, now: number): Check[] {
  const has = (fact: string) => stdout.split("\n").includes(fact);
  const time = Number(/^clock (\d+)$/m.exec(stdout)?.[1] ?? NaN);
  // whole seconds: half of one is the best guess
  const ahead = Math.round(time + 0.5 - now);
  const missing = ["awk", "tail", "getconf", "timeout", "setsid"].filter(
    (tool) => !has(`tool ${tool}`),
  );
  const right = has("root yes")
    ? "root"
    : has("sudo yes")
      ? "sudo without password"
      : "neither root nor sudo without password";
  return [
    has("proc yes")
      ? ok(
          what,
          `reachable, ${right}${has("tool systemctl") ? ", systemd" : ""}`,
        )
      : failed(
          what,
          "no /proc of Linux",
          "processes cannot be told apart there",
        ),
    ...(has("others yes") || has("sudo yes")
      ? []
      : [
          warning(
            what,
            "processes of others cannot be seen (hidepid)",
            "use a user who may see them",
          ),
        ]),
    ...(missing.length > 0
      ? [failed(what, `not installed: ${missing.join(", ")}`)]
      : []),
    ...(has("tool flock")
      ? []
      : [
          warning(
            what,
            "not installed: flock",
            "without it two runs are kept apart by deadlines only",
          ),
        ]),
    ...(Math.abs(ahead) > CLOCK
      ? [
          warning(
            what,
            `its clock is ${Math.abs(ahead)} s ${ahead < 0 ? "behind" : "ahead of"} ours`,
          ),
        ]
      : []),
  ];
}

function readKey(file: string): string {
  try {
    return fs.readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw usage(`--identity: ${file} cannot be read: ${code}`);
  }
}
