"use strict";
// The end-to-end tests alone: on our own engine, or with ENGINE=pulumi on the real one.
const { spawnSync } = require("node:child_process");
const path = require("node:path");

if (process.env.ENGINE === "pulumi") {
  const { status } = spawnSync("pulumi", ["version"], { stdio: "ignore" });
  if (status !== 0) {
    console.log("not run: there is no `pulumi` on the PATH");
    process.exit(0);
  }
}
const { status } = spawnSync(
  process.execPath,
  [path.join(__dirname, "test.js"), "tests/e2e"],
  { stdio: "inherit" },
);
process.exit(status ?? 130);
