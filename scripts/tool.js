// A program of the tests as a command: sets up what is needed, then runs it.
"use strict";
const { spawn, spawnSync } = require("node:child_process");
const path = require("node:path");

const root = path.join(__dirname, "..");

module.exports = function runTool(
  file,
  { args = process.argv.slice(2), setup: more = [] } = {},
) {
  const setup = spawnSync(
    process.execPath,
    [path.join(__dirname, "setup.js"), ...more],
    { cwd: root, stdio: ["inherit", 2, 2] },
  );
  if (setup.status !== 0) process.exit(setup.status ?? 1);
  const tool = spawn(
    process.execPath,
    [...["--require", "tsx/cjs", path.join(root, file)], ...args],
    { cwd: root, stdio: "inherit" },
  );
  // A terminal's Ctrl-C reaches the child by itself; what is sent to us alone is passed on.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => tool.kill("SIGTERM"));
  tool.on("error", (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  });
  tool.on("exit", (code) => (process.exitCode = code ?? 1));
};
