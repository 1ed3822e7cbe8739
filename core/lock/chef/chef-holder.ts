import { isLoss, type DataReply } from "../../zookeeper/replies";
import type { Session } from "../../zookeeper/session";
import type { LockPaths } from "../tree/paths";
import { readHolders } from "../tree/read-holders";
import type { ChefHolder } from "../types";

/** `OK` only if it could be read. */
export interface ChefReply {
  code: DataReply["code"];
  /** Null: nobody has it, or a holder of ours. */
  chef: ChefHolder | null;
}

/** Who has the Chef lock at this path, if it is not a holder of ours. */
export async function readChefHolder(
  session: Session,
  path: string,
  paths: LockPaths,
): Promise<ChefReply> {
  const holderAt = (reply: DataReply, kind: ChefHolder["kind"]) =>
    chefHolder(path, reply, kind, session.system.date());
  const first = await session.getData(path);
  if (first.code !== "OK") return { code: notGone(first), chef: null };
  if (first.stat!.version === 0)
    return { code: "OK", chef: holderAt(first, "chef") };
  const { code, holders } = await readHolders(session, paths);
  if (isLoss({ code })) return { code, chef: null };
  if (holders.some(({ record }) => record?.mirror === path))
    return { code: "OK", chef: null };
  // it goes together with its holder: it may have gone between the two looks
  const again = await session.getData(path);
  const same = again.stat?.czxid === first.stat!.czxid;
  return {
    code: notGone(again),
    chef: same ? holderAt(again, "other") : null,
  };
}

const notGone = ({ code }: DataReply) => (code === "NO_NODE" ? "OK" : code);

function chefHolder(
  path: string,
  { data, stat }: DataReply,
  kind: ChefHolder["kind"],
  date: number,
): ChefHolder {
  const { ctime, czxid, version } = stat!;
  return {
    path,
    kind,
    czxid: czxid.toString(),
    version,
    data: data?.toString("latin1") ?? "",
    age: Math.max(0, (date - ctime) / 1000),
    since: new Date(ctime).toISOString(),
  };
}
