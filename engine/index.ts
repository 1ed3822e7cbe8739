export type { Config } from "./environment";
export type {
  Diagnostic,
  EngineEvent,
  Op,
  Resource,
  Severity,
  Summary,
} from "./events";
export { LocalStack } from "./stack";
export type { PendingOperation, ResourceState, State } from "./state";
export type {
  OperationOptions,
  OperationResult,
  RefreshOptions,
  StackOptions,
} from "./types";
