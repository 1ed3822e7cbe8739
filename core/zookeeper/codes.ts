import type { Code } from "./replies";

/** Answers that node-zookeeper-client has no name for, as ZooKeeper's own KeeperException numbers them. */
export const FURTHER_CODES: ReadonlyMap<number, Code> = new Map<number, Code>([
  [-118, "SESSION_MOVED"],
  [-119, "NOT_READ_ONLY"],
  [-120, "EPHEMERAL_ON_LOCAL_SESSION"],
  [-122, "REQUEST_TIMEOUT"],
  [-123, "RECONFIG_DISABLED"],
  [-124, "AUTHENTICATION_DEMANDED"],
  [-125, "QUOTA_EXCEEDED"],
  [-127, "THROTTLED"],
]);

export const CREDENTIALS =
  "give the credentials of a user who may: lock.auth in Pulumi, LOCKED_ACTION_AUTH=digest:USER:PASSWORD for locked-action";

/**
 * What each refusal of ZooKeeper means for whoever reads it, and what helps.
 * Credentials help against two of them, and are named for these alone.
 */
const ADVICE: Partial<Record<Code, string[]>> = {
  NO_AUTH: [`its ACL does not allow these credentials: ${CREDENTIALS}`],
  INVALID_ACL: [
    `the server does not know the kind of these credentials: ${CREDENTIALS}`,
  ],
  AUTH_FAILED: [`the server refused these credentials: ${CREDENTIALS}`],
  AUTHENTICATION_DEMANDED: [
    `the server serves nobody without credentials (enforce.auth.enabled): ${CREDENTIALS}`,
  ],
  NO_NODE: [
    "the node, or one above it, is not there: is the chroot at the end of the servers right?",
  ],
  QUOTA_EXCEEDED: [
    "a quota of ZooKeeper is used up, of this node or of one above it",
    "see it: zkCli.sh, then listquota PATH; have it raised, or remove what is not needed",
  ],
  EPHEMERAL_ON_LOCAL_SESSION: [
    "the server gives local sessions, which cannot have ephemeral nodes",
    "set localSessionsUpgradingEnabled=true on the servers, or localSessionsEnabled=false",
  ],
  NOT_READ_ONLY: [
    "the server is cut off from its ensemble and serves reads alone",
    "bring a majority of the servers back",
  ],
  SESSION_MOVED: ["the session is on another server by now: try again"],
  REQUEST_TIMEOUT: ["the ensemble did not answer in its own time: try again"],
  ANSWER_TOO_LARGE: [
    "the answer is longer than 64 MiB: a node has more children, or more data, than any lock makes",
    "count them: zkCli.sh, then stat PATH; remove what nobody needs",
  ],
  REQUEST_TOO_LARGE: [
    "it was not sent: a server takes a megabyte at once (jute.maxbuffer), and ends the connection over more",
    "a record in this lock has grown too large: see it with locked-action show, then clear its holder",
  ],
  THROTTLED: ["the server is overloaded and drops requests: try again later"],
};

/** Further lines for people; none where there is nothing to say. */
export function adviceFor(code: Code): string[] {
  return ADVICE[code] ?? [];
}
