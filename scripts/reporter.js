"use strict";
// Mocha's `spec`, and the results for the process that sums up; with it the process ends too.
const fs = require("node:fs");
const net = require("node:net");
const { config } = require("chai");
const { reporters } = require("mocha");

// what a text was instead is told as a whole
config.truncateThreshold = 0;

const results = process.env.LOCKED_ACTION_TEST_RESULTS;
/** A pipe of that process; see scripts/suite/run-task.js. */
const PIPE = 3;

module.exports = class Reporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    if (!results) return;
    endWithParent();
    const failures = [];
    runner.on("fail", (test, error) =>
      failures.push({
        title: test.fullTitle(),
        why: String(error?.message ?? error).split("\n")[0],
      }),
    );
    runner.once("end", () => {
      const { passes, failures: failed, pending } = this.stats;
      fs.writeFileSync(
        results,
        JSON.stringify({
          ...{ passed: passes, failed, skipped: pending },
          ...{ failures, cpu: cpuSeconds() },
        }),
      );
    });
  }
};

/** This process and the children that it has seen end, in seconds; null where /proc does not say. */
function cpuSeconds() {
  try {
    const stat = fs.readFileSync("/proc/self/stat", "latin1");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const ticks = fields
      .slice(11, 15)
      .reduce((sum, each) => sum + Number(each), 0);
    return ticks / 100; // USER_HZ, the same on every Linux
  } catch {
    return null;
  }
}

function endWithParent() {
  const pipe = new net.Socket({ fd: PIPE, readable: true, writable: false });
  pipe.on("error", () => {}); // run by hand: there is none
  pipe.on("end", () => process.kill(-process.pid, "SIGKILL"));
  pipe.resume();
  pipe.unref();
}
