/** Our own lock under the commands of party.ts: all contenders of a process share one session. */
import path from "node:path";
import { acquire } from "../../core/lock";
import type { Held, LockRequest } from "../../core/lock/types";
import { createSessionPool } from "../../core/zookeeper/pool";
import type { Session } from "../../core/zookeeper/session";
import { serve, type Grip } from "./contender";

const pool = createSessionPool();
let session: Session;
let contenders = 0;

function requestOf(lock: string, limit: number): LockRequest {
  const target = `host-${process.pid}-${++contenders}`;
  return {
    root: path.posix.dirname(lock),
    name: path.posix.basename(lock),
    group: target,
    owner: { target, subject: "bench" },
    limits: { maxHolders: limit, maxPerGroup: null, maxFailures: 1 },
    facts: { run: target, from: "bench", action: "bench" },
    timeout: 900,
    maxWait: 86_400,
    retryInterval: 30,
    ownerGrace: 30,
    onFailedHolder: "fail",
  };
}

function grip(lock: string, limit: number): Grip {
  const request = requestOf(lock, limit);
  let held: Held;
  return {
    async acquire() {
      held = await acquire(session, request);
    },
    release: () => held.release(),
  };
}

serve({
  async connect(servers) {
    ({ session } = await pool.lease({ servers }));
  },
  grip,
});
