"use strict";
// How long each task took: on this machine if it has run here, else as the table in the repository has it.
const fs = require("node:fs");
const path = require("node:path");
const { root } = require("./files");

const HERE = path.join(root, ".setup/test-times.json");
/** Only what decides the order: files of a few seconds are not in it. Written by `npm test -- --record`. */
const COMMITTED = path.join(__dirname, "times.json");
/** A file that nobody has timed: before the short ones, after the long ones. */
const UNKNOWN = 5;
const WORTH_KEEPING = 5;

function read(file) {
  try {
    return JSON.parse(fs.readFileSync(file, "utf8"));
  } catch {
    return {};
  }
}

class Times {
  constructor() {
    this.committed = read(COMMITTED);
    this.here = read(HERE);
  }

  secondsOf(name) {
    return this.here[name] ?? this.committed[name] ?? UNKNOWN;
  }

  /** Keeps the times of what has passed; of files of this repository alone. */
  note(results) {
    const passed = results.filter(
      ({ task, failed }) => failed === 0 && !task.name.startsWith(".."),
    );
    if (passed.length === 0) return;
    this.here = read(HERE); // another run may have written meanwhile
    for (const { task, seconds } of passed)
      this.here[task.name] = Math.round(seconds * 10) / 10;
    fs.mkdirSync(path.dirname(HERE), { recursive: true });
    fs.writeFileSync(HERE, JSON.stringify(this.here));
  }

  record() {
    const long = Object.entries(this.here).filter(
      ([, seconds]) => seconds >= WORTH_KEEPING,
    );
    const sorted = long
      .map(([name, seconds]) => [name, Math.round(seconds)])
      .sort(([a], [b]) => (a < b ? -1 : 1));
    fs.writeFileSync(
      COMMITTED,
      `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`,
    );
  }
}

module.exports = { Times };
