import { createHash, randomBytes } from "node:crypto";
import { hostname } from "node:os";
import path from "node:path";
import {
  describeHolder,
  describeLock,
  LockUnavailable,
  lockPath,
  type Limits,
  type LockRequest,
  type WaitReport,
} from "../core/lock";
import { isLoss } from "../core/zookeeper/replies";
import type { Session } from "../core/zookeeper/session";
import { ciJob } from "../provider/ci";
import type { Context } from "./context";
import { operator } from "./operator";
import { limitsGiven, type LimitOptions } from "./options";

export interface RunOptions extends LimitOptions {
  data?: string;
  target?: string;
  subject?: string;
  timeout: number;
  maxWait: number;
  ownerGrace: number;
  onFailedHolder: "fail" | "wait";
}

const NEW_LOCK: Limits = { maxHolders: 1, maxPerGroup: null, maxFailures: 1 };

/** The lock's own, unless others were asked for: then `acquire` says that they disagree. */
export async function limitsOf(
  context: Context,
  session: Session,
  name: string,
  options: LimitOptions,
): Promise<Limits> {
  const { root } = context.where;
  const reply = await session.exists(lockPath(root, name));
  if (isLoss(reply))
    throw new LockUnavailable(
      `ZooKeeper at ${session.servers} is not reachable: ${reply.code}`,
    );
  const own =
    reply.code === "NO_NODE"
      ? NEW_LOCK
      : (await describeLock(session, root, name)).limits;
  return { ...own, ...limitsGiven(options) };
}

/** What `run` asks for: one owner for the same command on the same target. */
export function requestOf(
  context: Context,
  name: string,
  words: string[],
  options: RunOptions,
  limits: Limits,
): LockRequest {
  const { timeout, maxWait, ownerGrace, onFailedHolder } = options;
  const target = options.target ?? hostname();
  // a hash: arguments may be secret
  const hash = createHash("sha256").update(words.join("\0")).digest("hex");
  const action = `${path.basename(words[0]!)} ${hash.slice(0, 12)}`;
  const ci = ciJob(process.env);
  return {
    ...{ root: context.where.root, name, limits },
    group: options.data ?? target,
    owner: { target, subject: options.subject ?? `run ${action}` },
    facts: {
      run: randomBytes(6).toString("hex"),
      from: operator(),
      action: `run ${action}`,
      ...(ci ? { ci } : {}),
    },
    ...{ timeout, maxWait, ownerGrace, onFailedHolder, retryInterval: 30 },
    signal: context.signal,
    onWait: waitTeller(context, name),
  };
}

/** Says where we stand, whenever that is another place. */
function waitTeller(context: Context, name: string) {
  let told = "";
  return ({ place, queued, holders, hold }: WaitReport) => {
    const ids = holders.map(({ id, state }) => id + state);
    const now = [place, queued, hold?.why, ...ids].join();
    if (now === told || context.json) return;
    told = now;
    const by = holders.map(describeHolder).join("; ") || "nobody";
    const stop = hold ? `on hold by ${hold.by}: ${hold.why}; ` : "";
    context.note(
      `waiting for ${name}: place ${place} of ${queued}; ${stop}held by ${by}`,
    );
  };
}
