// npm run chaos -- [--cycles N] [--seed N] [--ensemble] …: sets up what is needed, then runs tests/chaos/main.ts.
"use strict";
const { spawn, spawnSync } = require("node:child_process");
const path = require("node:path");

const root = path.join(__dirname, "..");
const setup = spawnSync(process.execPath, [path.join(__dirname, "setup.js")], {
  cwd: root,
  stdio: ["inherit", 2, 2],
});
if (setup.status !== 0) process.exit(setup.status ?? 1);

const chaos = spawn(
  process.execPath,
  [
    "--require",
    "tsx/cjs",
    path.join(root, "tests", "chaos", "main.ts"),
    ...process.argv.slice(2),
  ],
  { cwd: root, stdio: "inherit" },
);
// A terminal's Ctrl-C reaches the child by itself; what is sent to us alone is passed on.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => chaos.kill("SIGTERM"));
chaos.on("error", (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
chaos.on("exit", (code) => (process.exitCode = code ?? 1));
