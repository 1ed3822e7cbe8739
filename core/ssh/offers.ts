import { oneLine } from "../text/lines";

/** Characters of one side's offer in a message. */
const LONGEST = 400;

/** What both sides offered in a handshake; the library tells it nowhere else. */
export class Offers {
  private readonly known = new Map<string, string>();

  /** A line of the library's own log. */
  note(line: string): void {
    const [, side, kind, names] =
      /^Handshake: \((local|remote)\) ([^:]+): (.*)$/s.exec(line) ?? [];
    if (side && kind && names !== undefined)
      this.known.set(`${side} ${kind}`, oneLine(names, LONGEST));
  }

  /** Why there is no connection: no algorithm of a kind is common to both, and what either has. */
  explain(problem: string): string {
    // the kind that was compared last is the one that failed
    const kind = [...this.known.keys()].at(-1)?.replace(/^\w+ /, "") ?? "";
    const [local, remote] = ["local", "remote"].map(
      (side) => this.known.get(`${side} ${kind}`) ?? "unknown",
    );
    if (/no matching host key/.test(problem))
      return `the host has no key of a type that is known and allowed: asked for ${local}; it offers ${remote}`;
    return `no common algorithm (${kind}): asked for ${local}; the host offers ${remote}`;
  }
}
