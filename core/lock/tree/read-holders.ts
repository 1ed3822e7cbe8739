import type { Reply } from "../../zookeeper/replies";
import type { Session } from "../../zookeeper/session";
import type { Member } from "../types";
import { slotNumber, type LockPaths } from "./paths";
import { decodeHolder } from "./records";
import { refusal } from "./refusal";
import { upToDate, type Until } from "./settle";

/** `OK` only if all was read: what could not be read is not gone. */
export interface HoldersReply extends Reply {
  holders: Member[];
}

/** All holders of a lock, unwatched: for people. What is gone meanwhile is left out, and so is what is no slot. */
export async function readHolders(
  session: Session,
  paths: LockPaths,
): Promise<HoldersReply> {
  let code: Reply["code"] = "OK";
  const read = async <R extends Reply>(asked: Promise<R>): Promise<R> => {
    const reply = await asked;
    if (reply.code !== "OK" && reply.code !== "NO_NODE") code = reply.code;
    return reply;
  };
  const readMember = async (path: string, id: string) => {
    const [own, live] = await Promise.all([
      read(session.getData(path)),
      read(session.getChildren(path)),
    ]);
    if (own.code !== "OK" || live.code !== "OK") return null;
    const alive = (live.children ?? []).length > 0;
    return { id, path, record: decodeHolder(own.data), alive, stat: own.stat! };
  };
  const readSlot = async (slot: number): Promise<Member[]> => {
    const path = `${paths.holders}/${slot}`;
    const [{ data }, { children = [] }] = await Promise.all([
      read(session.getData(path)),
      read(session.getChildren(path)),
    ]);
    const group = data?.toString() ?? "";
    const members = await Promise.all(
      children.map((id) => readMember(`${path}/${id}`, id)),
    );
    return members
      .filter((member) => member !== null)
      .map((member) => ({ ...member, slot, group }));
  };
  const { children = [] } = await read(session.getChildren(paths.holders));
  const numbers = children.map(slotNumber).filter((slot) => slot !== null);
  const perSlot = await Promise.all(numbers.map(readSlot));
  return { code, holders: perSlot.flat().sort((a, b) => a.slot - b.slot) };
}

/** The same, asked until it is answered, and no older than the call. @throws Unsettled, LockRefused */
export async function settledHolders(
  session: Session,
  paths: LockPaths,
  until: Until,
): Promise<Member[]> {
  const reply = await upToDate(session, paths.lock, until, () =>
    readHolders(session, paths),
  );
  if (reply.code === "OK") return reply.holders;
  throw refusal(reply, `reading ${paths.holders}`, session);
}
