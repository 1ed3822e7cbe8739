import { createHmac, timingSafeEqual } from "node:crypto";
import { publicKey } from "./fingerprint";

/** One line of a known_hosts file. */
export interface KnownHost {
  line: number;
  marker: "revoked" | "cert-authority" | null;
  /** Patterns separated by commas, or one hashed name. */
  names: string;
  type: string;
  blob: Buffer;
}

/** What a known_hosts file says of one host. */
export interface Knowledge {
  keys: KnownHost[];
  revoked: KnownHost[];
  authorities: KnownHost[];
}

/** Lines that are no entries are passed over, as OpenSSH does: one broken line must not cut off all hosts. */
export function parseKnownHosts(text: string): KnownHost[] {
  return text.split(/\r?\n/).flatMap((content, i) => {
    const entry = parseLine(content.trim(), i + 1);
    return entry ? [entry] : [];
  });
}

function parseLine(content: string, line: number): KnownHost | null {
  if (content === "" || content.startsWith("#")) return null;
  const words = content.split(/[ \t]+/);
  let marker: KnownHost["marker"] = null;
  if (words[0]?.startsWith("@")) {
    const name = words.shift();
    if (name === "@revoked") marker = "revoked";
    else if (name === "@cert-authority") marker = "cert-authority";
    else return null;
  }
  const [names, type, base64] = words;
  if (!names || !type || !base64) return null;
  const blob = publicKey(type, base64);
  return blob && { line, marker, names, type, blob };
}

/** The entries of a host. A host on another port than 22 is written `[host]:port`. */
export function lookUp(
  entries: KnownHost[],
  host: string,
  port: number,
): Knowledge {
  const name = knownHostsName(host, port);
  const found = entries.filter((entry) => matches(entry.names, name));
  return {
    keys: found.filter((entry) => entry.marker === null),
    revoked: found.filter((entry) => entry.marker === "revoked"),
    authorities: found.filter((entry) => entry.marker === "cert-authority"),
  };
}

/** The name under which a host stands in known_hosts. */
export function knownHostsName(host: string, port: number): string {
  const name = host.toLowerCase();
  return port === 22 ? name : `[${name}]:${port}`;
}

function matches(names: string, name: string): boolean {
  if (names.startsWith("|")) return matchesHash(names, name);
  let found = false;
  for (const pattern of names.split(",")) {
    const negated = pattern.startsWith("!");
    if (!wildcard(negated ? pattern.slice(1) : pattern, name)) continue;
    // a negated match counts more than all others of its line
    if (negated) return false;
    found = true;
  }
  return found;
}

/** Goes back to the last star only: a regular expression could take exponential time. */
function wildcard(pattern: string, name: string): boolean {
  const wanted = pattern.toLowerCase();
  let [p, n] = [0, 0];
  let star = -1;
  let resume = 0;
  while (n < name.length) {
    if (wanted[p] === "*") {
      star = p++;
      resume = n;
    } else if (wanted[p] === "?" || wanted[p] === name[n]) {
      p++;
      n++;
    } else if (star >= 0) {
      p = star + 1;
      n = ++resume;
    } else return false;
  }
  while (wanted[p] === "*") p++;
  return p === wanted.length;
}

function matchesHash(names: string, name: string): boolean {
  const [, version, salt, hash] = names.split("|");
  if (version !== "1" || !salt || !hash) return false;
  const expected = Buffer.from(hash, "base64");
  const seen = createHmac("sha1", Buffer.from(salt, "base64"))
    .update(name)
    .digest();
  return expected.length === seen.length && timingSafeEqual(expected, seen);
}
