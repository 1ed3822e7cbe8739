export {
  LockedAction,
  type FailureResult,
  type LockedActionArgs,
} from "./locked-action";
export {
  RollingAction,
  type CanaryArgs,
  type HostResult,
  type RollFailureResult,
  type RollingActionArgs,
  type RollingHostArgs,
  type RollingPartsArgs,
} from "./rolling-action";
export type * from "./action";
export type * from "./connection";
export type * from "./lock";
