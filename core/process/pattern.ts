/** Characters of a process name that the kernel keeps. */
const NAME_LENGTH = 15;

/** Longer patterns are a mistake: no title is matched by them. */
const LONGEST = 4096;

/**
 * What is wrong with the pattern of a process; null if nothing is. It must be an
 * extended regular expression that `pgrep` and each `awk` of the hosts (mawk, gawk,
 * busybox) understand alike: what one of them reads differently is refused.
 * @param options.fullCmd whether the whole command line is matched; without it, a
 * literal name that is longer than the kernel keeps is refused, as it can match nothing
 */
export function describePatternProblem(
  ere: string,
  options: { fullCmd?: boolean } = {},
): string | null {
  if (ere === "") return "the pattern is empty";
  if (ere.length > LONGEST)
    return `the pattern is longer than ${LONGEST} characters`;
  if (/\p{Cc}/u.test(ere))
    return "the pattern has a control character (NUL, a line break, a tab …)";
  const problem = new Reader(ere).read();
  if (problem) return problem;
  const name = /^\^?([\w\-/@:, ]+)\$?$/.exec(ere)?.[1];
  if (options.fullCmd === false && name && name.length > NAME_LENGTH)
    return `the kernel keeps ${NAME_LENGTH} characters of a process name, so a pattern of ${name.length} matches nothing: use fullCmd, or the first ${NAME_LENGTH}`;
  return null;
}

/** Goes through a pattern once, from left to right. */
class Reader {
  private at = 0;
  private depth = 0;
  /** What stands before the current place: nothing that could be repeated, something, or a repetition. */
  private before: "start" | "atom" | "repeated" = "start";

  constructor(private readonly ere: string) {}

  read(): string | null {
    while (this.at < this.ere.length) {
      const problem = this.step(this.ere[this.at]!);
      if (problem) return problem;
    }
    if (this.depth > 0) return "a `(` is never closed";
    return this.before === "start" ? this.emptyBranch() : null;
  }

  private step(c: string): string | null {
    const { ere, at } = this;
    switch (c) {
      case "\\":
        return this.escape(ere[at + 1]);
      case "[":
        return this.bracket();
      case "{":
      case "}":
        return "`{n}` is not known to every awk: write the repetition out, or `\\{` for a brace";
      case "(":
        if (ere[at + 1] === "?")
          return "`(?…)` is no extended regular expression";
        this.depth++;
        return this.advance("start");
      case ")":
        if (this.depth-- === 0) return "a `)` has no `(` before it";
        if (this.before === "start") return this.emptyBranch();
        return this.advance("atom");
      case "|":
        if (this.before === "start") return this.emptyBranch();
        return this.advance("start");
      case "*":
      case "+":
      case "?":
        return this.repetition(c);
      case "^":
        return this.startAnchor();
      case "$":
        return this.endAnchor();
      default:
        return this.literal();
    }
  }

  private advance(before: "start" | "atom" | "repeated", by = 1): null {
    this.at += by;
    this.before = before;
    return null;
  }

  private emptyBranch(): string {
    return "an empty alternative (`()`, `a|`, `|a`) has no defined meaning";
  }

  private escape(next: string | undefined): string | null {
    if (next === undefined) return "the pattern ends in a backslash";
    if (/[.[\](){}*+?|^$\\/]/.test(next)) return this.advance("atom", 2);
    if (/[1-9]/.test(next))
      return `back-references (\`\\${next}\`) are no extended regular expressions`;
    if (/[a-zA-Z<>'`]/.test(next))
      return `\`\\${next}\` means different things on different hosts: write a bracket expression such as [0-9] or [[:alnum:]_]`;
    return `\`\\${next}\` has no defined meaning: write \`${next}\``;
  }

  private repetition(c: string): string | null {
    if (this.before === "start")
      return `\`${c}\` has nothing before it to repeat`;
    if (this.before === "repeated")
      return `\`${c}\` after another repetition has no defined meaning`;
    return this.advance("repeated");
  }

  private startAnchor(): string | null {
    const previous = this.ere[this.at - 1];
    if (previous !== undefined && !/[(|]/.test(previous))
      return "`^` in the middle means different things on different hosts: write `\\^`";
    if (/^[*+?]/.test(this.ere.slice(this.at + 1)))
      return "`^` cannot be repeated";
    const last = /^($|[|)])/.test(this.ere.slice(this.at + 1));
    return this.advance(last ? "atom" : "start");
  }

  private endAnchor(): string | null {
    if (!/^($|[|)])/.test(this.ere.slice(this.at + 1)))
      return "`$` in the middle means different things on different hosts: write `\\$`";
    return this.advance("atom");
  }

  private literal(): string | null {
    const c = String.fromCodePoint(this.ere.codePointAt(this.at)!);
    const next = this.ere[this.at + c.length] ?? "";
    if (c > "\x7f" && /[*+?]/.test(next))
      return `\`${c}\` is several bytes, of which only the last would be repeated: write \`(${c})\``;
    return this.advance("atom", c.length);
  }

  /** `[…]`, with classes such as `[:digit:]` in it. */
  private bracket(): string | null {
    const match =
      /^\[(\^|(?!\^))(\]|\[:[a-z]+:\]|[^\]])(\[:[a-z]+:\]|[^\]])*\]/.exec(
        this.ere.slice(this.at),
      );
    if (!match) return "a `[` is never closed";
    const [whole] = match;
    const content = whole.slice(1, -1);
    if (content.includes("\\"))
      return "a backslash in `[…]` means different things on different hosts";
    if (/\[[.=]/.test(content)) return "`[.…` and `[=…` are not supported";
    if (/[^\x20-\x7e]/.test(content))
      return "`[…]` can hold ASCII characters only: the hosts match bytes";
    const classes = content.match(/\[:([a-z]+):\]/g) ?? [];
    const strange = classes.find((name) => !CLASSES.includes(name));
    if (strange) return `\`${strange}\` is no class of characters`;
    const ranges = content.replace(/\[:[a-z]+:\]/g, "").matchAll(/(.)-(.)/g);
    for (const [range, from, to] of ranges)
      if (from! > to!) return `the range \`${range}\` is empty`;
    return this.advance("atom", whole.length);
  }
}

const CLASSES = [
  ...["alnum", "alpha", "blank", "cntrl", "digit", "graph"],
  ...["lower", "print", "punct", "space", "upper", "xdigit"],
].map((name) => `[:${name}:]`);
