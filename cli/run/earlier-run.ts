import {
  LockLost,
  lockPath,
  ownerKey,
  readHoldersOf,
  type Held,
  type HolderRecord,
  type LockRequest,
} from "../../core/lock";
import type { Session } from "../../core/zookeeper/session";
import type { Context } from "../context";
import { CommandError } from "../errors";
import { EXIT } from "../exit-codes";
import { locked } from "../next-steps";
import { judgeCommand, type EarlierCommand } from "./command-session";

/**
 * Before the lock is asked for: a holder that our owner left is not touched while its command
 * may work. @throws CommandError
 */
export async function refuseBesideEarlier(
  context: Context,
  session: Session,
  { root, name, owner }: LockRequest,
): Promise<void> {
  const path = lockPath(root, name);
  const key = ownerKey(path, owner);
  for (const { id, state, record } of await readHoldersOf(session, path)) {
    if (!id.startsWith(`${key}-`) || state === "live") continue; // who is at work is waited for
    const refusal = refusalOf(context, name, id, record);
    if (refusal) throw refusal;
  }
}

/** The same of the one that was taken over: it may have been left while we waited. @throws CommandError */
export async function refuseAdopted(
  context: Context,
  name: string,
  held: Held,
): Promise<void> {
  if (!held.adopted) return;
  const refusal = refusalOf(context, name, held.id, held.adopted);
  if (!refusal) return;
  await putBack(held);
  throw refusal;
}

/** Nothing was done: the lock goes back to what it was. */
export async function putBack(held: Held): Promise<void> {
  try {
    if (!held.adopted) await held.release();
    else if (held.adopted.failure) await held.fail(held.adopted.failure);
    else await held.abandon();
  } catch (error) {
    if (!(error instanceof LockLost)) throw error;
  }
}

function refusalOf(
  context: Context,
  name: string,
  id: string,
  record: HolderRecord | null,
): CommandError | null {
  const earlier: EarlierCommand =
    record && !record.urn
      ? judgeCommand(record.baseline)
      : { state: "unknown", machine: null, pid: null };
  if (earlier.state === "ended") return null;
  const clear = ["clear", name, "--holder", id, "-m", "WHY"];
  const ways = [
    `see the lock: ${locked(context, "show", name)}`,
    `if nothing of it works any more: ${locked(context, ...clear)}`,
  ];
  if (earlier.state === "works")
    return new CommandError(
      EXIT.notGot,
      `lock ${name}: the command of the earlier run still runs here, as process ${earlier.pids.slice(0, 5).join(", ")}`,
      [
        "its run is gone, its processes are not; the lock is kept for them",
        "end them or wait for their end, then run this again",
        ...ways,
      ],
    );
  const { pid } = earlier;
  const machine = earlier.machine ?? record?.from ?? "an unknown machine";
  const what = record?.urn ? "an action of Pulumi" : "the command";
  return new CommandError(
    EXIT.notGot,
    `lock ${name}: ${what} of the earlier run on ${machine} cannot be judged from here`,
    [
      `${pid ? `process ${pid} there` : "its process"} was started on another machine, before another boot, or in another container`,
      "run the same there: it takes the lock over once nothing of the command works",
      ...ways,
    ],
  );
}
