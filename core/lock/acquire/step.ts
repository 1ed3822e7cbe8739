import type { LockState } from "../tree/records";
import type { HolderRecord } from "../types";

/** What an attempt does next, in the words of docs/protocol.md §5; or the end of it. */
export type Step =
  "FAST" | "QUEUE" | "LIST" | "EVAL" | "WAIT" | { grant: Grant };

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
  /** Seconds that the adopted holder had stood by then, by the same clock. */
  adoptedAge?: number;
}

/** A grant whose answer was lost: it may have taken effect, or may still. */
export interface Doubt {
  /** u */
  path: string;
  slot: number;
  /** L as the grant named it, for the poison. */
  lock: LockState;
  record: HolderRecord;
  adopted: HolderRecord | null;
}
