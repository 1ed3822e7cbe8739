"use strict";
// The package's `dist`, as `npm run build` makes it; and the package, as `npm pack` makes it and as it is unpacked.
const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { PACKED, root } = require("./files");

function run(command, args) {
  const { status } = spawnSync(command, args, { cwd: root, stdio: "inherit" });
  if (status !== 0) process.exit(1);
}

const tsc = path.join(root, "node_modules/typescript7/bin/tsc");
run(process.execPath, [tsc, "-p", "tsconfig.build.json"]);
require("../mark-executable");

fs.rmSync(PACKED, { recursive: true, force: true });
fs.mkdirSync(PACKED, { recursive: true });
const quiet = ["--ignore-scripts", "--loglevel=error"];
run("npm", ["pack", ...quiet, "--pack-destination", PACKED]);
const [tarball] = fs.readdirSync(PACKED);
run("tar", ["-xzf", path.join(PACKED, tarball), "-C", PACKED]);
