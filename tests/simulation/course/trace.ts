import type { Decision, Ensemble, Transaction } from "../zookeeper";
import { OK } from "../zookeeper/requests";

const CODES: Record<number, string> = {
  [OK]: "OK",
  [-101]: "NO_NODE",
  [-102]: "NO_AUTH",
  [-103]: "BAD_VERSION",
  [-108]: "NO_CHILDREN_FOR_EPHEMERALS",
  [-110]: "NODE_EXISTS",
  [-111]: "NOT_EMPTY",
  [-114]: "INVALID_ACL",
};

/** What happened, line by line: at which moment, who, which transaction, and what came of it. */
export class Trace {
  readonly lines: string[] = [];

  constructor(private readonly ensemble: Ensemble) {
    ensemble.observers.push((transaction, decision) =>
      this.see(transaction, decision),
    );
  }

  private line(who: string, what: string, outcome = ""): void {
    const time = this.ensemble.world.now.toFixed(2).padStart(10);
    this.lines.push(
      `${time}  ${who.padEnd(10)}  ${outcome.padEnd(12)}  ${what}`.trimEnd(),
    );
  }

  note(who: string, what: string): void {
    this.line(who, `- ${what}`);
  }

  private see(transaction: Transaction, decision: Decision | null): void {
    const { session, ends, changes, zxid } = transaction;
    const by = this.ensemble.sessions.get(session)?.by;
    const who = by ?? `session ${session}`;
    if (!decision) {
      const gone = changes.map(({ path }) => short(path)).join(", ");
      const what = ends
        ? `session ${session} ends: ${gone}`
        : `session ${session} begins`;
      return this.line(who, what, `${zxid}`);
    }
    const { writes, answer } = decision;
    const failed = answer.results?.find(({ err }) => err !== OK);
    const code = CODES[failed?.err ?? answer.err] ?? `${answer.err}`;
    const at = failed ? answer.results!.indexOf(failed) : -1;
    const told = writes.map((write, i) => {
      const { kind, path, as } = write;
      const version =
        "version" in write && write.version >= 0 ? `@${write.version}` : "";
      const said =
        kind === "create" || kind === "set" ? stateIn(write.data) : "";
      const mark = i === at ? "✖ " : "";
      return `${mark}${kind} ${short(path)}${version}${as ? ` [${as}]` : ""}${said}`;
    });
    this.line(who, told.join(" · "), code === "OK" ? `${zxid}` : code);
  }
}

/** Names without what says nothing: the first four digits tell owners and attempts apart. */
function short(path: string): string {
  return path
    .replace(/^\/locks\/l/, "L")
    .replace(/([0-9a-f]{4})[0-9a-f]{12}-([0-9a-f]{4})[0-9a-f]{12}/g, "$1-$2")
    .replace(/l-([0-9a-f]{4})[0-9a-f]{8}/g, "l-$1");
}

function stateIn(data: Buffer): string {
  const [, state] = /"state":"(\w+)"/.exec(data.toString()) ?? [];
  return state ? ` ${state}` : "";
}
