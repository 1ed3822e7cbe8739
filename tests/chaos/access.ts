import type { Report } from "./checker";
import { CLOSED, OWNER_ONLY } from "./locks";
import type { Transaction } from "./transactions";

/** Each node of a lock with credentials is made for who has them, alone, and stays so; nobody changes who may use a node. */
export function checkAccess(
  root: string,
  transactions: Transaction[],
  report: Report,
): void {
  const closed = `${root}/${CLOSED}`;
  for (const { changes, zxid } of transactions)
    for (const { kind, path, access = [] } of changes) {
      if (kind === "acl") report("open to others", `${path} at zxid ${zxid}`);
      if (kind !== "create") continue;
      if (path !== closed && !path.startsWith(`${closed}/`)) continue;
      if (access.join() !== OWNER_ONLY)
        report("open to others", `${path}: ${access.join()}, at zxid ${zxid}`);
    }
}
