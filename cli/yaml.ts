/**
 * The one-line entries of a map that stands at the top of a YAML file, as
 * `pulumi config set` writes them. What is written in another way (a nested
 * map, a block of text, an alias) is there with null: seen, but not read.
 */
export function readFlatMap(
  text: string,
  map: string,
): Record<string, string | null> {
  const entries: Record<string, string | null> = {};
  let inside = false;
  let indent: number | null = null;
  for (const line of text.split(/\r\n?|\n/)) {
    if (/^\s*(#.*)?$/.test(line)) continue;
    const depth = /^ */.exec(line)![0].length;
    if (depth === 0) {
      inside = new RegExp(`^["']?${map}["']?:\\s*(#.*)?$`).test(line);
      indent = null;
    } else if (inside) {
      indent ??= depth;
      const [, key, rest] = /^ +(.+?):(?:\s+([^]*)|)$/.exec(line) ?? [];
      if (depth === indent && key) entries[unquoted(key)] = scalar(rest ?? "");
    }
  }
  return entries;
}

const unquoted = (key: string) => key.replace(/^(["'])(.*)\1$/, "$2");

function scalar(text: string): string | null {
  const single = /^'((?:[^']|'')*)'\s*(?:#.*)?$/.exec(text);
  if (single) return single[1]!.replaceAll("''", "'");
  const double = /^("(?:[^"\\]|\\.)*")\s*(?:#.*)?$/.exec(text);
  if (double) return fromJson(double[1]!);
  const plain = withoutComment(text);
  return plain === "" || /^[|>&*!{["'%@`]/.test(plain) ? null : plain;
}

/** A `#` begins a comment at the start of a value, and after a blank. */
function withoutComment(text: string): string {
  const at = text.search(/(?:^|\s)#/);
  return (at < 0 ? text : text.slice(0, at)).trimEnd();
}

/** Escapes of YAML's that JSON has too: the others are not read. */
function fromJson(quoted: string): string | null {
  try {
    return String(JSON.parse(quoted));
  } catch {
    return null;
  }
}
