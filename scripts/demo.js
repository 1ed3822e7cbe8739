"use strict";
// npm run demo: set-up, build, and then scripts/demo/main.ts.
const { spawn, spawnSync } = require("node:child_process");
const path = require("node:path");

const root = path.join(__dirname, "..");

function prepare(command, args) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(status ?? 130);
}

prepare(process.execPath, ["scripts/setup.js"]);
prepare("npm", ["run", "--silent", "build"]);

const demo = spawn(
  process.execPath,
  ["--require", "tsx/cjs", "scripts/demo/main.ts"],
  {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, LOCKED_ACTION_DIST: path.join(root, "dist") },
  },
);
// A terminal's Ctrl-C reaches the demo by itself; it tidies up and tells us by its exit.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
  process.on(signal, () => signal !== "SIGINT" && demo.kill(signal));
demo.on("exit", (code, signal) => process.exit(signal ? 1 : code));
