/** A list of ZooKeeper servers as people write it: `host:port,host:port/chroot`. */
export interface Servers {
  hosts: { host: string; port: number }[];
  /** Prefix of every path, "" or `/app/locks`. */
  chroot: string;
  /** The same list in one spelling: equal strings mean the same quorum. */
  text: string;
}

const DEFAULT_PORT = 2181;
const HOST = /^[A-Za-z0-9]([A-Za-z0-9_.-]*[A-Za-z0-9])?\.?$/;

/** What is wrong with the list, or null. Repeats nothing of it. */
export function describeServersProblem(text: string): string | null {
  const slash = text.indexOf("/");
  const list = slash < 0 ? text : text.slice(0, slash);
  const chroot = slash < 0 ? "" : text.slice(slash);
  if (list.trim() === "") return "expected at least one host:port, got none";
  if (/^[a-z]+:$/i.test(list.trim()) && chroot.startsWith("//"))
    return "expected host:port, got a URL";
  for (const [i, entry] of list.split(",").entries()) {
    const problem = describeServer(entry.trim());
    if (problem) return `server ${i + 1}: ${problem}`;
  }
  return describeChroot(chroot.trimEnd());
}

/** @throws Error with the text of `describeServersProblem` */
export function parseServers(text: string): Servers {
  const problem = describeServersProblem(text);
  if (problem) throw new Error(`ZooKeeper servers: ${problem}`);
  const slash = text.indexOf("/");
  const list = slash < 0 ? text : text.slice(0, slash);
  const hosts = list.split(",").map((entry) => {
    const [host, port] = entry.trim().split(":") as [string, string?];
    return {
      host: host.toLowerCase(),
      port: port ? Number(port) : DEFAULT_PORT,
    };
  });
  const chroot =
    slash < 0 ? "" : text.slice(slash).trimEnd().replace(/\/$/, "");
  const sorted = hosts.map(({ host, port }) => `${host}:${port}`).sort();
  return { hosts, chroot, text: [...new Set(sorted)].join(",") + chroot };
}

function describeServer(entry: string): string | null {
  if (entry === "") return "expected host:port, got nothing between commas";
  if (entry.includes("[") || entry.split(":").length > 2)
    return "expected host:port, got an IPv6 address (give a name that resolves to it)";
  const [host, port] = entry.split(":") as [string, string?];
  if (!HOST.test(host)) return "expected a host name or an IPv4 address";
  if (port === undefined) return null;
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65535)
    return "expected a port from 1 to 65535 after the colon";
  return null;
}

function describeChroot(chroot: string): string | null {
  if (chroot === "" || chroot === "/") return null;
  const segments = chroot.slice(1).replace(/\/$/, "").split("/");
  if (segments.some((name) => name === "" || name === "." || name === ".."))
    return "expected a chroot like /app/locks, got empty or relative names in it";
  if (segments.some((name) => name.includes(",") || hasControls(name)))
    return "expected one chroot after the last server";
  return null;
}

function hasControls(text: string): boolean {
  return [...text].some((character) => character < " " || character === "\x7f");
}
