export { runAction } from "./run";
export { survey, type Survey } from "./survey";
export { systemClock, type Clock } from "./clock";
export { SERVICE_NAME } from "./service";
export type * from "./types";
