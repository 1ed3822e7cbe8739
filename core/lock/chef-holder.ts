import { isLoss, type DataReply } from "../zookeeper/replies";
import type { Session } from "../zookeeper/session";
import { describeAge } from "./blocked";
import { readHolders } from "./members";
import type { LockPaths } from "./paths";

/** A Chef lock that somebody else has than a holder of ours. */
export interface ChefHolder {
  /** Of the cookbook's znode. */
  path: string;
  /** What it contains: the fqdn of the Chef node, by default. */
  data: string;
  /** `chef`: a Chef node made it. `other`: we did, but no holder of this lock has it. */
  kind: "chef" | "other";
  /** Seconds since it was made, by ZooKeeper's stamp. */
  age: number;
  /** ISO 8601 */
  since: string;
  /** Transaction that made it: another one is another holder. */
  czxid: string;
}

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
  const first = await session.getData(path);
  if (first.code !== "OK") return { code: notGone(first), chef: null };
  if (first.stat!.version === 0)
    return { code: "OK", chef: holderAt(path, first, "chef") };
  const { code, holders } = await readHolders(session, paths);
  if (isLoss({ code })) return { code, chef: null };
  if (holders.some(({ record }) => record?.mirror === path))
    return { code: "OK", chef: null };
  // it goes together with its holder: it may have gone between the two looks
  const again = await session.getData(path);
  const same = again.stat?.czxid === first.stat!.czxid;
  return {
    code: notGone(again),
    chef: same ? holderAt(path, again, "other") : null,
  };
}

const notGone = ({ code }: DataReply) => (code === "NO_NODE" ? "OK" : code);

function holderAt(
  path: string,
  { data, stat }: DataReply,
  kind: ChefHolder["kind"],
): ChefHolder {
  const { ctime, czxid } = stat!;
  return {
    ...{ path, kind, czxid: czxid.toString() },
    data: data?.toString("latin1") ?? "",
    age: Math.max(0, (Date.now() - ctime) / 1000),
    since: new Date(ctime).toISOString(),
  };
}

/** What can be done about it. Chef knows no command for it. */
export function waysOnWithChef(
  { path, data, kind }: ChefHolder,
  servers: string,
): string[] {
  return [
    kind === "chef"
      ? `the next Chef run on ${data} takes it over`
      : "another of our locks has the same lock.chef, or its holder was taken away by hand",
    `if nobody works under it, and nobody will: zkCli.sh -server ${servers} delete ${path}`,
  ];
}

/** `Chef node web9 (/lock/web) for 5 min` */
export function describeChefHolder(chef: ChefHolder): string {
  const { path, data, kind, age } = chef;
  return kind === "chef"
    ? `Chef node ${data} (${path}) for ${describeAge(age)}`
    : `no holder of this lock (${path}: ${data}) for ${describeAge(age)}`;
}
