export {
  LockedAction,
  type FailureResult,
  type LockedActionArgs,
} from "./locked-action";
export type * from "./action";
export type * from "./connection";
export type * from "./lock";
