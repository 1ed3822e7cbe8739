import { fingerprint, keyType, publicKey } from "./fingerprint";
import { knownHostsName, lookUp, parseKnownHosts } from "./known-hosts";
import type { ConnectionOptions } from "./types";

/** Which host keys are accepted, and which types are asked for. */
export interface HostKeyPolicy {
  /** Signature algorithms to offer, the best first. */
  algorithms: string[];
  /** What is wrong with the key of a host; null: it is the right one. */
  problem(blob: Buffer): string | null;
}

type Verdict = Pick<HostKeyPolicy, "problem">;

/** Signature algorithms for each type of key, in the order in which we want them. */
const ALGORITHMS: Record<string, string[]> = {
  "ssh-ed25519": ["ssh-ed25519"],
  "ecdsa-sha2-nistp256": ["ecdsa-sha2-nistp256"],
  "ecdsa-sha2-nistp384": ["ecdsa-sha2-nistp384"],
  "ecdsa-sha2-nistp521": ["ecdsa-sha2-nistp521"],
  "ssh-rsa": ["rsa-sha2-512", "rsa-sha2-256"],
};

/** A signature over SHA-1, which can be forged with enough means: only for who asks for it. */
const SHA1 = "ssh-rsa";

type Options = Pick<
  ConnectionOptions,
  | "host"
  | "port"
  | "hostKey"
  | "knownHosts"
  | "insecureIgnoreHostKey"
  | "insecureAllowSha1"
>;

/** The policy of a connection; `knownHosts` must be the text to look in. */
export function hostKeyPolicy(options: Options): HostKeyPolicy {
  const policy = policyOf(options);
  const { algorithms = Object.values(ALGORITHMS).flat() } = policy;
  const sha1 = options.insecureAllowSha1 && algorithms.includes("rsa-sha2-512");
  return { ...policy, algorithms: sha1 ? [...algorithms, SHA1] : algorithms };
}

function policyOf(options: Options): Partial<HostKeyPolicy> & Verdict {
  if (options.hostKey !== undefined) return pinned(options.hostKey);
  if (options.insecureIgnoreHostKey) return { problem: () => null };
  return known(options);
}

/** What is wrong with a pinned key; null if nothing is. */
export function describeHostKeyProblem(hostKey: string): string | null {
  return parsePin(hostKey)
    ? null
    : "expected a public key (`ssh-ed25519 AAAA…`) or a fingerprint (`SHA256:…`)";
}

function parsePin(hostKey: string): { blob?: Buffer; print: string } | null {
  const text = hostKey.trim();
  if (/^SHA256:[A-Za-z0-9+/]{43}=?$/.test(text))
    return { print: text.replace(/=$/, "") };
  const [type, base64] = text.split(/[ \t]+/);
  const blob = type && base64 ? publicKey(type, base64) : null;
  return blob && { blob, print: fingerprint(blob) };
}

function pinned(hostKey: string): Partial<HostKeyPolicy> & Verdict {
  const pin = parsePin(hostKey);
  if (!pin)
    return { problem: () => `hostKey: ${describeHostKeyProblem(hostKey)}` };
  const type = pin.blob && keyType(pin.blob);
  return {
    ...(type ? algorithmsOf([type]) : {}),
    problem: (blob) => {
      const seen = fingerprint(blob);
      if (seen === pin.print) return null;
      const hint = type
        ? ""
        : "; a host has a key of each type: pin the public key itself to ask for its type";
      return `the host key is not the pinned one: expected ${pin.print}, seen ${seen} (${keyType(blob)})${hint}`;
    },
  };
}

function known({
  host,
  port,
  knownHosts = "",
}: Options): Partial<HostKeyPolicy> & Verdict {
  const entries = parseKnownHosts(knownHosts);
  const name = knownHostsName(host, port);
  const own = lookUp(entries, host, port);
  // as OpenSSH: a key known for the host on its usual port is good on others too, unless this port has its own
  const usual = port === 22 ? null : lookUp(entries, host, 22);
  const revoked = [...own.revoked, ...(usual?.revoked ?? [])];
  const good = own.keys.length ? own.keys : (usual?.keys ?? []);
  const has = (list: { blob: Buffer }[], blob: Buffer) =>
    list.some((entry) => entry.blob.equals(blob));
  return {
    ...algorithmsOf(good.map((entry) => entry.type)),
    problem: (blob) => {
      const seen = `${fingerprint(blob)} (${keyType(blob)})`;
      if (has(revoked, blob))
        return `the host key is revoked in known_hosts: ${seen}`;
      if (has(good, blob)) return null;
      if (own.keys.length) {
        const expected = own.keys.map(
          (key) => `${fingerprint(key.blob)} (${key.type}, line ${key.line})`,
        );
        return `the host key is not the one in known_hosts: expected ${expected.join(" or ")}, seen ${seen}`;
      }
      if (own.authorities.length)
        return `known_hosts has only a @cert-authority for ${name}, and host certificates are not supported: add the host's own key, seen ${seen}`;
      return `the host key is unknown: seen ${seen}; if that is the host's, add to known_hosts: ${name} ${keyType(blob)} ${blob.toString("base64")}`;
    },
  };
}

function algorithmsOf(types: string[]): { algorithms?: string[] } {
  const algorithms = Object.entries(ALGORITHMS)
    .filter(([type]) => types.includes(type))
    .flatMap(([, names]) => names);
  return algorithms.length ? { algorithms } : {};
}
