import { isUnknown } from "./unknown";

interface Part {
  action?: { sudo?: unknown } | undefined;
  process?: { commandString?: unknown; user?: unknown } | undefined;
}

/** What is allowed, but seldom meant: told as warnings in preview already. No value is repeated. */
export function adviceOn(inputs: Part & { hosts?: unknown }): string[] {
  const { hosts } = inputs;
  const own =
    typeof hosts === "object" && hosts !== null
      ? Object.entries(hosts as Record<string, Part>)
      : [];
  const open = own
    .filter(([, host]) => !isUnknown(host) && (host.action ?? host.process))
    .filter(([, host]) => isOpen({ ...inputs, ...host }))
    .map(([key]) => `hosts.${key}`);
  const where = isOpen(inputs) ? ["process", ...open] : open;
  const [first] = where;
  if (first === undefined) return [];
  const more = where.length > 1 ? ` (and ${where.length - 1} more)` : "";
  return [
    `${first}${more}: the action runs by sudo, and the pattern has no user: any account of the host can run a process that matches; give process.user`,
  ];
}

/** Root acts, and whoever is on the host can look like what it has started. */
function isOpen({ action, process }: Part): boolean {
  if (isUnknown(action) || isUnknown(process) || !action || !process)
    return false;
  const { sudo } = action;
  if (!sudo || isUnknown(sudo)) return false;
  return process.commandString !== undefined && process.user === undefined;
}
