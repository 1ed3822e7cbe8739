"use strict";
// Mocha's `spec`, and the counts for whoever sums up.
const fs = require("node:fs");
const { reporters } = require("mocha");

module.exports = class Reporter extends reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once("end", () => {
      const { passes, failures, pending } = this.stats;
      const file = process.env.LOCKED_ACTION_TEST_RESULTS;
      if (file)
        fs.writeFileSync(
          file,
          JSON.stringify({
            passed: passes,
            failed: failures,
            skipped: pending,
          }),
        );
    });
  }
};
