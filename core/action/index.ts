export { runAction } from "./run";
export { systemClock, type Clock } from "./clock";
export { SERVICE_NAME } from "./service";
export type * from "./types";
