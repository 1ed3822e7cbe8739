"use strict";
// Set-up, lint, types, build and all tests, beside each other. The last line sums everything up.
//   node scripts/test.js [--quick] [--record] [--deadline SECONDS] [folder or file …]
const { spawnSync } = require("node:child_process");
const path = require("node:path");
const { parseArgs } = require("node:util");
const { root, testFiles } = require("./suite/files");
const {
  lastLine,
  printFailures,
  printResult,
  printTimes,
} = require("./suite/report");
const { SuiteRun } = require("./suite/run");
const { build, checks, testTask } = require("./suite/tasks");
const { Times } = require("./suite/times");

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** Only files that start no host and at most one ZooKeeper. */
    quick: { type: "boolean", default: false },
    /** Writes the table of times that the order comes from. */
    record: { type: "boolean", default: false },
    /** Seconds that a file may take. */
    deadline: { type: "string" },
  },
});

function setUp() {
  const { status, signal } = spawnSync(
    process.execPath,
    [path.join(root, "scripts/setup.js"), "--tests"],
    { stdio: "inherit" },
  );
  if (signal) process.exit(130); // interrupted
  if (status !== 0) process.exit(1);
}

function tasksOf(times) {
  const env = { LOCKED_ACTION_DIST: path.join(root, "dist") };
  const deadline = values.deadline ? Number(values.deadline) : undefined;
  const files = testFiles(positionals).map((file) =>
    testTask(file, { seconds: times.secondsOf(file), deadline, env }),
  );
  const builds = files.some(({ needsBuild }) => needsBuild) ? [build()] : [];
  return [...(positionals.length === 0 ? checks() : []), ...builds, ...files];
}

async function main() {
  const began = performance.now();
  setUp();
  const times = new Times();
  const suite = new SuiteRun(tasksOf(times), printResult);
  let interrupted = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.on(signal, () => {
      interrupted = true;
      suite.stop();
    });
  const results = await suite.run();
  if (interrupted) {
    console.log("interrupted: everything that was started has been ended");
    process.exitCode = 130;
    return;
  }
  times.note(results);
  if (values.record) times.record();
  printTimes(results, (performance.now() - began) / 1000);
  printFailures(results);
  console.log(lastLine(results));
  if (results.some(({ failed }) => failed > 0)) process.exitCode = 1;
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
