import { check, remove, type Operation } from "../zookeeper/operations";
import type { MultiReply } from "../zookeeper/replies";
import type { Session } from "../zookeeper/session";
import { refusal } from "./refusal";
import { LockError } from "./errors";
import { createHistory, recordInHistory, trimHistory } from "./history";
import { mirrorFreed } from "./mirror";
import type { LockPaths } from "./paths";
import { settle, type Until } from "./settle";
import { forgetHolder, leaving } from "./sight";
import { goBehind, nextFailed, succession, type Succession } from "./take";
import type { HistoryRecord } from "./types";

export interface HolderToRemove {
  paths: LockPaths;
  slot: number;
  id: string;
  /** Names of its live nodes, as far as known. */
  lives: string[];
  /** The Chef mirror that goes with the slot. */
  mirror: string | null;
  /** A holder whose session is there is somebody at work. */
  refuseLive?: boolean;
}

/**
 * `gone`: somebody else removed it. `withoutMirror`: removed, but the Chef lock
 * that went with it was gone or another's, and was left alone.
 */
export type Removal = "removed" | "withoutMirror" | "gone";

/**
 * RELEASE and CLEAR: the holder, its live nodes and, if nobody else is in it,
 * its slot, in one transaction. Exactly this holder: its name is its own.
 * After a lost answer a missing holder is taken for our own success.
 * @throws Unsettled, LockRefused
 */
export async function removeHolder(
  session: Session,
  holder: HolderToRemove,
  until: Until,
  record: HistoryRecord | null,
): Promise<Removal> {
  const { paths, slot, id } = holder;
  const slotPath = `${paths.holders}/${slot}`;
  const path = `${slotPath}/${id}`;
  let { lives, mirror } = holder;
  let other: string | null = null;
  let doubted = false;
  let alone = false;
  const read = async (node: string) =>
    (await settle(session, until, () => session.getChildren(node))).reply;
  for (;;) {
    const operations: Operation[] = [
      ...lives.map((name) => remove("live", `${path}/${name}`)),
      remove("holder", path),
      ...(other
        ? [check("other", `${slotPath}/${other}`)]
        : [remove("slot", slotPath), ...mirrorFreed(mirror)]),
      ...recordInHistory(paths, record),
    ];
    const answer = await settle(session, until, () => {
      const next = alone ? null : nextOf(session, holder);
      alone = true;
      const asked = session.multi([...operations, ...(next?.operations ?? [])]);
      next?.hear(asked);
      goBehind({ session, paths });
      return asked;
    });
    doubted ||= answer.doubted;
    const { reply } = answer;
    if (reply.code === "OK") {
      forgetHolder({ session, paths }, id);
      await trimHistory(session, paths, reply.paths?.get("history"));
      return mirror === holder.mirror ? "removed" : "withoutMirror";
    }
    if (nextFailed(reply)) continue;
    if (reply.failed === "holder" && reply.code === "NO_NODE")
      return doubted ? "removed" : "gone";
    switch (reply.failed) {
      case "live":
      case "holder": {
        const { children = [] } = await read(path);
        if (holder.refuseLive && children.length > 0)
          throw new LockError(`holder ${id} is live: its run is at work`);
        lives = children;
        break;
      }
      case "slot":
      case "other": {
        // somebody else is in the slot, or was
        const { children = [] } = await read(slotPath);
        other = children.find((name) => name !== id) ?? null;
        break;
      }
      case "mirror":
        mirror = null; // gone or changed: not ours any more
        break;
      case "history":
        await createHistory(session, paths);
        break;
      default:
        throw unexpected(reply, path, session);
    }
    if (!["NO_NODE", "NOT_EMPTY", "BAD_VERSION"].includes(reply.code))
      throw unexpected(reply, path, session);
  }
}

/** Who gets the slot in the same transaction; only with its first copy, so that each outcome has one meaning. */
function nextOf(
  session: Session,
  { paths, slot, id }: HolderToRemove,
): Succession | null {
  const first = leaving({ session, paths }, id);
  return first && succession(first, `${paths.holders}/${slot}/${id}`);
}

function unexpected(reply: MultiReply, path: string, session: Session) {
  return refusal(reply, `releasing ${path}`, session);
}
