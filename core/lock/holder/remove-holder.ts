import type { MultiReply } from "../../zookeeper/replies";
import type { Session } from "../../zookeeper/session";
import { LockError } from "../errors";
import { localView } from "../local/views";
import { boundHistory, createHistory, recordInHistory } from "../tree/history";
import type { LockPaths } from "../tree/paths";
import { decodeHolder } from "../tree/records";
import { refusal } from "../tree/refusal";
import { settle, type Until } from "../tree/settle";
import { handOver, nextFailed, release } from "../tree/transactions";
import type { HistoryRecord } from "../types";

export interface HolderToRemove {
  paths: LockPaths;
  slot: number;
  id: string;
  /** Names of its live nodes, as far as known. */
  lives: readonly string[];
  /** The Chef lock that goes with the slot. */
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
  const history = recordInHistory(paths, record);
  let { lives, mirror } = holder;
  let others: readonly string[] = [];
  let goesWith = true;
  let doubted = false;
  let alone = false;
  const read = async (node: string) =>
    (await settle(session, until, () => session.getChildren(node))).reply;
  for (;;) {
    const operations = release(
      { paths, slot, id, lives, others, mirror: goesWith ? mirror : null },
      history,
    );
    const answer = await settle(session, until, () => {
      // only the first copy takes the next one along, so that each outcome has one meaning
      const next = alone ? null : offerOf(session, paths, path);
      alone = true;
      const asked = session.multi(
        next ? handOver(operations, next.operations) : operations,
      );
      next?.sent(asked);
      return asked;
    });
    doubted ||= answer.doubted;
    const { reply } = answer;
    if (reply.code === "OK") {
      localView(session, paths.lock).holderGone(id);
      await boundHistory(session, paths, reply.paths?.get("history"));
      const lost = mirror !== holder.mirror;
      return lost ? "withoutMirror" : "removed";
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
        const left = children.filter((name) => name !== id);
        goesWith = await noneNames(session, slotPath, left, mirror, until);
        // one is witness enough for the slot; for a Chef lock that nobody else needs, all are
        others = goesWith && mirror !== null ? left : left.slice(0, 1);
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

/** Whether a Chef lock goes with the holder that leaves: nobody else in the slot names it (CHEF-LEAVE). */
async function noneNames(
  session: Session,
  slotPath: string,
  others: readonly string[],
  mirror: string | null,
  until: Until,
): Promise<boolean> {
  if (mirror === null) return true;
  for (const name of others) {
    const { reply } = await settle(session, until, () =>
      session.getData(`${slotPath}/${name}`),
    );
    // what cannot be read may name it
    const record = reply.code === "OK" ? decodeHolder(reply.data) : null;
    if (!record || record.mirror === mirror) return false;
  }
  return true;
}

/** What the first waiter of this process adds, if it waits for nothing but this holder. */
const offerOf = (session: Session, { lock }: LockPaths, path: string) =>
  localView(session, lock).leader()?.offer(path) ?? null;

function unexpected(reply: MultiReply, path: string, session: Session) {
  return refusal(reply, `releasing ${path}`, session);
}
