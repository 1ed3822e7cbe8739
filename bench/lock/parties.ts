import path from "node:path";
import { OURS, type Bench } from "../frame";
import { setUpCurator } from "../peers/curator";
import { setUpKazoo } from "../peers/kazoo";
import type { Launch, Party } from "../peers/party";
import { PeerMissing } from "../peers/set-up";

export const MUTEX = "InterProcessMutex";
export const SEMAPHORE_V2 = "InterProcessSemaphoreV2";
export const KAZOO_LOCK = "kazoo Lock";
export const KAZOO_SEMAPHORE = "kazoo Semaphore";
export const COOKBOOK = "cookbook";
export const FLOOR = "floor: transactions";
export const FLOOR_ALONE = "floor: transactions alone";

/** A contender written in TypeScript. */
export const inNode = (file: string, ...flags: string[]): Launch => ({
  command: process.execPath,
  args: [...flags, "--require", "tsx/cjs", path.join(__dirname, file)],
});

export const ours: Party = {
  name: OURS,
  kind: "lock",
  launch: inNode("../peers/ours.ts", "--expose-gc"),
  queue: (lock) => ({ node: `${lock}/waiters`, holders: 0 }),
};

/** Each contender with a session of its own: on the wire one cannot tell apart who share one. */
export const oursApart: Party = { ...ours, kind: "lock-own-sessions" };

/** The bare transactions, in the same processes. */
export const floor: Party = {
  ...ours,
  name: FLOOR,
  kind: "floor",
};

/** The same without a queue: for who is alone. */
export const floorAlone: Party = {
  ...floor,
  name: FLOOR_ALONE,
  kind: "floor-alone",
};

export const cookbook: Party = {
  name: COOKBOOK,
  kind: "lock",
  launch: inNode("../peers/cookbook.ts"),
  queue: () => null,
};

const curator = (launch: Launch): Party[] => [
  {
    name: MUTEX,
    kind: MUTEX,
    launch,
    queue: (node) => ({ node, holders: 1 }),
  },
  {
    name: SEMAPHORE_V2,
    kind: SEMAPHORE_V2,
    launch,
    // its holder has left the inner mutex, where the others queue
    queue: (lock) => ({ node: `${lock}/locks`, holders: 0 }),
  },
];

const kazoo = (launch: Launch): Party[] => [
  {
    name: KAZOO_LOCK,
    kind: "Lock",
    launch,
    queue: (node) => ({ node, holders: 1 }),
  },
  {
    name: KAZOO_SEMAPHORE,
    kind: "Semaphore",
    launch,
    queue: () => null,
  },
];

/** All that can be measured on this machine; what cannot is noted. */
export function setUpPeers(bench: Bench): Party[] {
  const offers: [string, () => Party[]][] = [
    ["Apache Curator", () => curator(setUpCurator())],
    ["kazoo", () => kazoo(setUpKazoo())],
  ];
  return offers.flatMap(([name, offer]) => {
    try {
      bench.progress(`sets up ${name}`);
      return offer();
    } catch (error) {
      if (!(error instanceof PeerMissing)) throw error;
      bench.note(`not measured: ${error.message}`);
      return [];
    }
  });
}
