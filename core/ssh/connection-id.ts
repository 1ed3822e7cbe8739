import { createHash } from "node:crypto";
import type { ConnectionOptions } from "./types";

/** What tells one connection from another: everything but how often and how long to try. */
export function connectionId(options: ConnectionOptions): string {
  const { dialErrorLimit, perDialTimeout, proxy, ...rest } = options;
  void [dialErrorLimit, perDialTimeout];
  const fields = Object.entries(rest)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return digest([fields, proxy ? connectionId(proxy) : null]);
}

/** A hash of any value: it may hold secrets, which must not be kept as keys of a map. */
export function digest(value: unknown): string {
  return createHash("sha256").update(JSON.stringify(value)).digest("hex");
}
