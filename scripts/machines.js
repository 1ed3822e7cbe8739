"use strict";
// npm run test:machines [-- FILE …]: real hosts with systemd, by QEMU's plain emulation. Sets up what is needed; the image is made once.
const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const root = path.join(__dirname, "..");
const folder = path.join(root, "tests", "machines");

const setup = spawnSync(
  process.execPath,
  [path.join(__dirname, "setup.js"), "--tests", "--machines"],
  { cwd: root, stdio: "inherit" },
);
if (setup.status !== 0) process.exit(setup.status ?? 1);

const given = process.argv.slice(2);
const files =
  given.length > 0
    ? given
    : fs
        .readdirSync(folder)
        .filter((name) => name.endsWith(".machine.ts"))
        .map((name) => path.join(folder, name));
const mocha = path.join(root, "node_modules", "mocha", "bin", "mocha.js");
const { status } = spawnSync(process.execPath, [mocha, "--exit", ...files], {
  cwd: root,
  stdio: "inherit",
});
process.exit(status ?? 1);
