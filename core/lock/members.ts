import type { Session } from "../zookeeper/session";
import type { Member } from "./blocked";
import type { LockPaths } from "./paths";
import { decodeHolder } from "./records";

/** All holders of a lock, unwatched: for people. What is gone meanwhile is left out. */
export async function readHolders(
  session: Session,
  paths: LockPaths,
): Promise<Member[]> {
  const { children: slots = [] } = await session.getChildren(paths.holders);
  const perSlot = await Promise.all(
    slots.map((slot) => readSlot(session, `${paths.holders}/${slot}`, slot)),
  );
  return perSlot.flat().sort((a, b) => a.slot - b.slot);
}

async function readSlot(
  session: Session,
  path: string,
  slot: string,
): Promise<Member[]> {
  const [data, { children = [] }] = await Promise.all([
    session.getData(path),
    session.getChildren(path),
  ]);
  const members = children.map(async (id): Promise<Member | null> => {
    const at = `${path}/${id}`;
    const [own, live] = await Promise.all([
      session.getData(at),
      session.getChildren(at),
    ]);
    if (own.code !== "OK" || live.code !== "OK") return null;
    return {
      id,
      path: at,
      slot: Number(slot),
      group: data.data?.toString() ?? "",
      record: decodeHolder(own.data),
      alive: (live.children ?? []).length > 0,
      stat: own.stat!,
    };
  });
  return (await Promise.all(members)).filter((member) => member !== null);
}
