// npm run chaos -- [ssh] [--cycles N] [--seed N] [--ensemble] …: sets up what is needed, then runs tests/chaos/main.ts, or that of ssh.
"use strict";
const [first, ...rest] = process.argv.slice(2);
if (first === "ssh")
  require("./tool")("tests/chaos/ssh/main.ts", {
    ...{ args: rest, setup: ["--tests"] },
  });
else require("./tool")("tests/chaos/main.ts");
