/** Our own lock under the commands of party.ts: all contenders of a process share one session, unless told otherwise. */
import path from "node:path";
import { acquire } from "../../core/lock";
import type { Held, LockRequest } from "../../core/lock/types";
import { createSessionPool } from "../../core/zookeeper/pool";
import type { Session } from "../../core/zookeeper/session";
import { serve, type Grip } from "./contender";
import { aloneGrip, floorGrip } from "./floor";

/** A session for each contender, so that the wire shows which of them is woken. */
const OWN_SESSIONS = "lock-own-sessions";

/** Kinds that are no locks: what the server alone takes for one. */
const FLOORS = new Map([
  ["floor", floorGrip],
  ["floor-alone", aloneGrip],
]);

const pool = createSessionPool();
let servers = "";
let shared: Session;
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

async function openSession(kind: string): Promise<Session> {
  if (kind !== OWN_SESSIONS) return shared;
  const { session } = await createSessionPool().lease({ servers });
  return session;
}

function grip(kind: string, lock: string, limit: number): Grip {
  const request = requestOf(lock, limit);
  let session: Session | undefined;
  let held: Held;
  return {
    async acquire() {
      session ??= await openSession(kind);
      held = await acquire(session, request);
    },
    release: async () => void (await held.release()),
  };
}

serve({
  async connect(to) {
    servers = to;
    ({ session: shared } = await pool.lease({ servers }));
  },
  grip: (kind, path, limit) =>
    FLOORS.get(kind)?.(shared, path) ?? grip(kind, path, limit),
});
