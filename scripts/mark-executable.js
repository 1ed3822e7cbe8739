"use strict";
// The compiler writes no mode bits; npm sets them at install, a symlink to the build does not.
const fs = require("node:fs");
const path = require("node:path");

const file = path.join(__dirname, "../dist/cli/main.js");
if (fs.existsSync(file)) fs.chmodSync(file, 0o755);
