import { clean } from "../core/text/clean";
import { REASONS_SIZE } from "./failure-size";
import { toState } from "./state";

/** Of each reason, in characters. */
const REASON = 1000;

/** Tells the engine that the resource exists and failed: its state is kept, the reasons are shown. */
export class PartialFailure extends Error {
  readonly properties: Record<string, unknown>;
  readonly reasons: string[];

  /** @param state of `STATE_SIZE` bytes at most */
  constructor(
    readonly id: string,
    state: object,
    reasons: string[],
    /** The SDK's process leaves it out on this way, and nobody could read or delete the resource then. */
    provider: unknown,
  ) {
    const told = fitted(reasons);
    super(told[0] ?? "failed");
    this.name = "PartialFailure";
    this.reasons = told;
    this.properties = { ...toState(state), __provider: provider };
  }
}

/** As many as there is room for; of the rest how many they are. */
function fitted(reasons: string[]): string[] {
  let room = REASONS_SIZE;
  const told: string[] = [];
  for (const [i, each] of reasons.entries()) {
    const reason = clean(each);
    const short =
      reason.length > REASON ? `${reason.slice(0, REASON)}…` : reason;
    room -= Buffer.byteLength(short) + 4; // with its number and length
    if (room < 100) return [...told, `and ${reasons.length - i} more lines`];
    told.push(short);
  }
  return told;
}
