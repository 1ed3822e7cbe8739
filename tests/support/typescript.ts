import path from "node:path";

/** For `node --require`: lets a process of a test load TypeScript, compiled once for all. */
export const TYPESCRIPT = path.resolve(
  __dirname,
  "../../scripts/typescript.js",
);
