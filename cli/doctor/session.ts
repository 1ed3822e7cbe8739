import { randomBytes } from "node:crypto";
import { listLocks, LockError } from "../../core/lock";
import { adviceFor } from "../../core/zookeeper/codes";
import type { Session } from "../../core/zookeeper/session";
import type { Context } from "../context";
import { storyOf } from "../errors";
import { locked } from "../next-steps";
import { blockedBy } from "../lock-state";
import { checkAccess } from "./access";
import { failed, ok, warning, type Check } from "./check";

/** Milliseconds that our sessions ask for. */
const ASKED = 15_000;
/** Seconds by which clocks may differ before ages are misleading. */
const CLOCK = 2;

/** What one session of ours is granted: its time-out, the root, its locks, the clock. */
export async function checkSession(
  context: Context,
  session: Session,
): Promise<Check[]> {
  return [
    timeout(session),
    ...(await rights(context, session)),
    await locks(context, session),
    ...(await checkAccess(context, session)),
  ];
}

function timeout({ sessionTimeout }: Session): Check {
  const granted = `time-out ${sessionTimeout / 1000} s`;
  if (sessionTimeout === ASKED) return ok("session", granted);
  return warning(
    "session",
    `${granted}, clamped by the server (asked: ${ASKED / 1000} s)`,
    "a pause longer than that makes a holder look stale; it is 2 to 20 times the server's tickTime",
  );
}

/** A node is made and deleted again: no other way tells what is allowed, and the server's clock. */
async function rights(context: Context, session: Session): Promise<Check[]> {
  const { root, servers } = context.where;
  const at = await deepest(session, root);
  if (at === null)
    return [
      warning(
        "root",
        `the chroot ${servers.chroot || "/"} is not there`,
        "it is made by the first action",
      ),
    ];
  const found =
    at === root
      ? ok("root", `${root} is there`)
      : warning(
          "root",
          `${root} is not there yet`,
          "it is made by the first action; is it the right one?",
        );
  const path = `${at === "/" ? "" : at}/doctor-${randomBytes(6).toString("hex")}`;
  const before = Date.now();
  const made = await session.create(path, undefined, "ephemeral");
  if (made.code !== "OK")
    return [
      found,
      failed(
        "permissions",
        `making a node below ${at}: ${made.code}`,
        ...adviceFor(made.code),
      ),
    ];
  const after = Date.now();
  const { stat } = await session.exists(path);
  const gone = await session.remove(path);
  const permissions =
    gone.code === "OK"
      ? ok("permissions", `nodes can be made and deleted below ${at}`)
      : failed(
          "permissions",
          `deleting a node below ${at}: ${gone.code}`,
          ...adviceFor(gone.code),
        );
  return [
    found,
    permissions,
    ...(stat ? [clock(stat.ctime, before, after)] : []),
  ];
}

/** The root, or the first of its ancestors that is there. */
async function deepest(session: Session, root: string): Promise<string | null> {
  for (let at = root; at !== ""; at = at.slice(0, at.lastIndexOf("/")))
    if ((await session.exists(at)).code === "OK") return at;
  return (await session.getChildren("/")).code === "OK" ? "/" : null;
}

function clock(theirs: number, before: number, after: number): Check {
  const ahead = (theirs - (before + after) / 2) / 1000;
  const uncertain = (after - before) / 2000;
  const found = `ZooKeeper's is ${Math.abs(ahead).toFixed(1)} s ${ahead < 0 ? "behind" : "ahead of"} ours`;
  return Math.abs(ahead) <= CLOCK + uncertain
    ? ok("clock", found)
    : warning("clock", found, "ages of holders and waiters are off by as much");
}

async function locks(context: Context, session: Session): Promise<Check> {
  const { root } = context.where;
  try {
    const all = await listLocks(session, root, 0);
    const blocked = all.filter((lock) => blockedBy(lock).length > 0);
    const found = `${all.length} below ${root}`;
    if (blocked.length === 0) return ok("locks", found);
    return warning(
      "locks",
      `${found}, ${blocked.length} blocked`,
      ...blocked.slice(0, 10).map(({ name }) => locked(context, "show", name)),
    );
  } catch (error) {
    if (!(error instanceof LockError)) throw error;
    const { message, story } = storyOf(error);
    return failed("locks", message, ...story);
  }
}
