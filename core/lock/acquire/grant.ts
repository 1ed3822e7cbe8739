import type { Operation } from "../../zookeeper/operations";
import { isLoss, type MultiReply } from "../../zookeeper/replies";
import type { LockState } from "../tree/records";
import { quorumCheck, type NewHolder } from "../tree/transactions";
import type { HolderRecord } from "../types";
import type { Attempt } from "./attempt";
import type { Grant } from "./step";

/**
 * `wasInDoubt`: an earlier copy may have been granted and taken away since, so the
 * refusal says nothing of our waiter: it is looked for in the queue again.
 */
export type GrantReply =
  (MultiReply & { wasInDoubt?: boolean }) | { grant: Grant };

export interface GrantRequest {
  /** L as the transaction names it. */
  lock: LockState;
  holder: NewHolder;
  operations: Operation[];
  /** The record that is taken over. */
  adopted?: HolderRecord;
  /** The answer to a first copy that went with somebody else's request. */
  sent?: Promise<MultiReply>;
}

/**
 * A transaction that makes us a holder, sent until its outcome is known. After
 * a lost answer the next definite one may be the echo of our own success, so
 * the quorum is asked for u before anything is read into it (DOUBT-FIRST).
 */
export async function grant(
  attempt: Attempt,
  { lock, holder, operations, adopted: taken, sent }: GrantRequest,
): Promise<GrantReply> {
  const { session } = attempt;
  const { slot, record } = holder;
  const adopted = taken ?? null;
  const path = attempt.holderPath(slot);
  const granted = (token: bigint, ctime?: number): GrantReply => ({
    grant: {
      slot,
      path,
      record,
      adopted,
      fencingToken: token.toString(),
      ...(ctime === undefined ? {} : { ctime }),
    },
  });
  let first = sent;
  for (;;) {
    if (!first) await attempt.connected();
    const reply = await (first ?? session.multi(operations));
    first = undefined;
    if (isLoss(reply) && !reply.unsent) {
      attempt.doubt = { path, slot, lock, record, adopted };
      attempt.everInDoubt = lock;
    }
    attempt.sameSession();
    if (isLoss(reply)) continue;
    if (reply.code === "OK") {
      attempt.doubt = null;
      const { mzxid, ctime } = reply.stats!.get("stamp")!;
      return granted(mzxid, ctime);
    }
    if (!attempt.doubt) return reply;
    const token = await tokenOf(attempt, path);
    attempt.doubt = null;
    if (token !== null) return granted(token);
    return { ...reply, wasInDoubt: true };
  }
}

/** QCHECK: the quorum is asked, not this server's view, whether u is there; its token if it is. */
async function tokenOf(attempt: Attempt, path: string): Promise<bigint | null> {
  const { session } = attempt;
  const there = await attempt.definite(() => quorumCheck(session, "u", path));
  attempt.expect(there, `checking ${path}`, "OK", "NO_NODE");
  if (there.code !== "OK") return null;
  // the write's answer brought this session's view up to date
  const reply = await attempt.definite(() => session.getData(path));
  return reply.code === "OK" ? reply.stat!.czxid : null;
}
