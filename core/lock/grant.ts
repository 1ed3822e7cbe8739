import { isLoss, type MultiReply } from "../zookeeper/replies";
import { check, create, set, type Operation } from "../zookeeper/operations";
import { type Attempt, type KnownLock } from "./attempt";
import { encodeHolder } from "./records";
import type { HolderRecord } from "./types";

/** The lock is ours. */
export interface Grant {
  slot: number;
  /** u */
  path: string;
  record: HolderRecord;
  adopted: HolderRecord | null;
  fencingToken: string;
  /** When u was made, in milliseconds by ZooKeeper's own stamp; unknown after a doubt. */
  ctime?: number;
  /** H's version with it, where grants are counted; unknown after a doubt. */
  count?: number;
  /** Seconds that the adopted holder had stood by then, by the same clock. */
  adoptedAge?: number;
}

/**
 * `wasInDoubt`: an earlier copy may have been granted and taken away since, so the
 * refusal says nothing of our waiter: it is looked for in the queue again.
 */
export type GrantReply =
  (MultiReply & { wasInDoubt?: boolean }) | { grant: Grant };

interface GrantOptions {
  record?: HolderRecord;
  /** The record that is taken over. */
  adopted?: HolderRecord;
  /** The answer to a first copy that went with somebody else's request. */
  sent?: Promise<MultiReply>;
}

/** The end of every transaction that makes us a holder. */
export const becomeHolder = (
  attempt: Attempt,
  slot: number,
  record: HolderRecord,
): Operation[] => {
  const path = attempt.holderPath(slot);
  const live = `${path}/${attempt.session.liveName}`;
  return [
    create("holder", path),
    set("stamp", path, encodeHolder(record)),
    create("live", live, undefined, "ephemeral"),
  ];
};

/**
 * A transaction that makes us a holder, sent until its outcome is known. After
 * a lost answer the next definite one may be the echo of our own success, so
 * the quorum is asked for u before anything is read into it.
 */
export async function grant(
  attempt: Attempt,
  lock: KnownLock,
  slot: number,
  before: Operation[],
  options: GrantOptions = {},
): Promise<GrantReply> {
  const { session } = attempt;
  const { record = attempt.record(), adopted = null } = options;
  const path = attempt.holderPath(slot);
  const operations = [...before, ...becomeHolder(attempt, slot, record)];
  let { sent } = options;
  const granted = (
    token: bigint,
    known: Pick<Grant, "ctime" | "count"> = {},
  ): GrantReply => ({
    grant: {
      slot,
      path,
      record,
      adopted,
      fencingToken: token.toString(),
      ...known,
    },
  });
  for (;;) {
    if (!sent) await attempt.connected();
    const reply = await (sent ?? session.multi(operations));
    sent = undefined;
    if (isLoss(reply) && !reply.unsent) {
      attempt.doubt = { path, slot, lock, record, adopted };
      attempt.everInDoubt = lock;
    }
    attempt.sameSession();
    if (isLoss(reply)) continue;
    if (reply.code === "OK") {
      attempt.doubt = null;
      const { mzxid, ctime } = reply.stats!.get("stamp")!;
      const { version: count = 0 } = reply.stats!.get("count") ?? {};
      return granted(mzxid, { ctime, count });
    }
    if (!attempt.doubt) return reply;
    const token = await quorumCheck(attempt, path);
    attempt.doubt = null;
    if (token !== null) return granted(token);
    return { ...reply, wasInDoubt: true };
  }
}

/** qcheck: asks the quorum, not this server's view, whether u is there; its token if it is. */
export async function quorumCheck(
  attempt: Attempt,
  path: string,
): Promise<bigint | null> {
  const { session } = attempt;
  const there = await attempt.definite(() => session.multi([check("u", path)]));
  attempt.expect(there, `checking ${path}`, "OK", "NO_NODE");
  if (there.code !== "OK") return null;
  // the write's answer brought this session's view up to date
  const reply = await attempt.definite(() => session.getData(path));
  return reply.code === "OK" ? reply.stat!.czxid : null;
}
