"use strict";
// The package's `dist`, as `npm run build` makes it.
const { spawnSync } = require("node:child_process");
const path = require("node:path");

const root = path.join(__dirname, "../..");
const tsc = path.join(root, "node_modules/typescript7/bin/tsc");
const { status } = spawnSync(
  process.execPath,
  [tsc, "-p", "tsconfig.build.json"],
  {
    cwd: root,
    stdio: "inherit",
  },
);
if (status !== 0) process.exit(1);
require("../mark-executable");
