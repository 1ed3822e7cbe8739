import type { Session } from "../../zookeeper/session";
import type { LockPaths } from "../tree/paths";
import { settle, type Until } from "../tree/settle";
import { chefHalf } from "./chef-half";

/**
 * The Chef lock that goes with a slot: one that L names, and that was made with
 * this slot. What a holder's record says of it is not asked: anybody may have
 * written that. Null: there is none. @throws Unsettled
 */
export async function slotMirror(
  session: Session,
  paths: LockPaths,
  slot: number,
  mirrors: readonly string[],
  until: Until,
): Promise<string | null> {
  const read = async (path: string) =>
    (await settle(session, until, () => session.getData(path))).reply;
  if (mirrors.length === 0) return null;
  const made = await read(`${paths.holders}/${slot}`);
  for (const mirror of mirrors)
    if (chefHalf(await read(mirror), made) === "ours") return mirror;
  return null;
}
