// npm run simulate -- [lives] [--seconds S] [--from SEED] …: runs tests/simulation/main.ts, or that of lives. It needs no server.
"use strict";
const { spawn } = require("node:child_process");
const path = require("node:path");

const root = path.join(__dirname, "..");
const [first, ...rest] = process.argv.slice(2);
const lives = first === "lives";
const simulation = spawn(
  process.execPath,
  [
    "--max-semi-space-size=64", // it makes much that is gone at once
    "--require",
    "tsx/cjs",
    path.join(
      root,
      "tests",
      "simulation",
      ...(lives ? ["lives"] : []),
      "main.ts",
    ),
    ...(lives ? rest : process.argv.slice(2)),
  ],
  { cwd: root, stdio: "inherit" },
);
// A terminal's Ctrl-C reaches the child by itself; what is sent to us alone is passed on.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => simulation.kill("SIGTERM"));
simulation.on("error", (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});
simulation.on("exit", (code) => (process.exitCode = code ?? 1));
