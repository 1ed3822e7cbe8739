import { listLocks, LockError } from "../../core/lock";
import { Session } from "../../core/zookeeper/session";
import type { Context } from "../context";
import { ok, warning, type Check } from "./check";

/** Milliseconds to connect once more. */
const PATIENCE = 10_000;
/** Names that are told of. */
const TOLD = 100;

/** Whether locks are closed to who has no credentials; nothing if we have none either. */
export async function checkAccess(
  { where }: Context,
  session: Session,
): Promise<Check[]> {
  if (where.auth.length === 0) return [];
  const stranger = new Session({ servers: where.servers });
  try {
    const locks = await listLocks(session, where.root, 0);
    await stranger.ready({ within: PATIENCE });
    const replies = await Promise.all(
      locks.map(({ path }) => stranger.getData(path)),
    );
    const open = locks.filter((_, i) => replies[i]!.code === "OK");
    return locks.length === 0 ? [] : [judge(open, locks.length)];
  } catch (error) {
    // told by the other checks: that of the locks, that of the servers
    if (error instanceof LockError || stranger.state !== "connected") return [];
    throw error;
  } finally {
    await stranger.close();
  }
}

function judge(open: { name: string }[], count: number): Check {
  if (open.length === 0)
    return ok("access", `${count} of ${count} locks closed to others`);
  const names = open.slice(0, TOLD).map(({ name }) => name);
  return warning(
    "access",
    `${open.length} of ${count} locks open to everybody: ${names.join(", ")}${open.length > TOLD ? " …" : ""}`,
    "they were made without credentials; who deletes one while nobody uses it has it made anew, closed",
  );
}
