export { roll, type RollOptions } from "./roll";
export { progressLine, type RollProgress } from "./progress";
export type * from "./types";
