import { createHash, randomBytes } from "node:crypto";
import { hostname } from "node:os";
import path from "node:path";
import {
  describeChefHolder,
  describeHold,
  describeHolder,
  describeLock,
  LockUnavailable,
  lockPath,
  type Limits,
  type LockRequest,
  type WaitReport,
} from "../../core/lock";
import { isLoss } from "../../core/zookeeper/replies";
import type { Session } from "../../core/zookeeper/session";
import { whoWeAre } from "../../core/text/who";
import { ciJob } from "../../provider/ci";
import { chefFor, type ChefOption } from "../chef-option";
import type { Context } from "../context";
import { limitsGiven, type LimitOptions } from "../options";

export interface RunOptions extends LimitOptions {
  data?: string;
  target?: string;
  subject?: string;
  chef?: ChefOption;
  timeout: number;
  maxWait: number;
  ownerGrace: number;
  releaseTimeout: number;
  onFailedHolder: "fail" | "wait";
  skip?: boolean;
  passAuth?: boolean;
}

const NEW_LOCK: Limits = { maxHolders: 1, maxPerGroup: null, maxFailures: 1 };

/** What the lock says of itself, if it is there. */
interface OfLock {
  limits: Limits;
  /** Paths of the Chef locks that it goes with. */
  mirrors: string[];
}

/** Limits others than the lock's own, if they were asked for: then `acquire` says that they disagree. */
export async function askLock(
  context: Context,
  session: Session,
  name: string,
  options: LimitOptions,
): Promise<OfLock> {
  const { root } = context.where;
  const reply = await session.exists(lockPath(root, name));
  if (isLoss(reply))
    throw new LockUnavailable(
      `ZooKeeper at ${session.servers} is not reachable: ${reply.code}`,
    );
  const { limits, mirrors } =
    reply.code === "NO_NODE"
      ? { limits: NEW_LOCK, mirrors: [] }
      : await describeLock(session, root, name);
  return { limits: { ...limits, ...limitsGiven(options) }, mirrors };
}

/** What `run` asks for: one owner for the same command on the same target. */
export function requestOf(
  context: Context,
  name: string,
  words: string[],
  options: RunOptions,
  { limits, mirrors }: OfLock,
): LockRequest {
  const { timeout, maxWait, ownerGrace, onFailedHolder } = options;
  const target = options.target ?? hostname();
  // a hash: arguments may be secret
  const hash = createHash("sha256").update(words.join("\0")).digest("hex");
  const action = `${path.basename(words[0]!)} ${hash.slice(0, 12)}`;
  const ci = ciJob(process.env);
  const group = options.data ?? target;
  const chef = chefFor(name, group, mirrors, options.chef);
  return {
    ...{ root: context.where.root, name, limits },
    group,
    ...(chef ? { chef } : {}),
    owner: { target, subject: options.subject ?? `run ${action}` },
    facts: {
      run: randomBytes(6).toString("hex"),
      from: whoWeAre(),
      action: `run ${action}`,
      ...(ci ? { ci } : {}),
    },
    ...{ timeout, maxWait, ownerGrace, onFailedHolder, retryInterval: 30 },
    settleTimeout: options.releaseTimeout,
    signal: context.signal,
    onWait: waitTeller(context, name),
  };
}

/** Says where we stand, whenever that is another place. */
function waitTeller(context: Context, name: string) {
  let told = "";
  return ({ place, queued, holders, hold, chef }: WaitReport) => {
    const ids = holders.map(({ id, state }) => id + state);
    const now = [place, queued, hold?.why, chef?.czxid, ...ids].join();
    if (now === told || context.json) return;
    told = now;
    const all = [
      ...holders.map((holder) => describeHolder(holder)),
      ...(chef ? [describeChefHolder(chef)] : []),
    ];
    const by = all.join("; ") || "nobody";
    const stop = hold ? `on hold ${describeHold(hold)}; ` : "";
    context.note(
      `waiting for ${name}: place ${place} of ${queued}; ${stop}held by ${by}`,
    );
  };
}
