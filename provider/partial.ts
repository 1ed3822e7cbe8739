import { toState } from "./state";

// All of a partial failure travels in one header of the protocol, which has a bound.
const REASONS = 40;
const REASON = 1000;

/** Tells the engine that the resource exists and failed: its state is kept, the reasons are shown. */
export class PartialFailure extends Error {
  readonly properties: Record<string, unknown>;
  readonly reasons: string[];

  constructor(
    readonly id: string,
    state: object,
    reasons: string[],
    /** The SDK's process leaves it out on this way, and nobody could read or delete the resource then. */
    provider: unknown,
  ) {
    super(reasons[0] ?? "failed");
    this.name = "PartialFailure";
    this.reasons = reasons
      .slice(0, REASONS)
      .map((reason) =>
        reason.length > REASON ? `${reason.slice(0, REASON)}…` : reason,
      );
    this.properties = { ...toState(state), __provider: provider };
  }
}
