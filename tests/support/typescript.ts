import path from "node:path";

/** For `node --require`: lets a process of a test load TypeScript, compiled once for all. */
export const TYPESCRIPT = path.resolve(
  __dirname,
  "../../scripts/typescript.js",
);

/** For `node --require`: lets it load its modules faster, and changes nothing else. */
export const KEPT_MODULES = path.resolve(
  __dirname,
  "../../scripts/modules/load.js",
);
