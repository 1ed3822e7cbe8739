"use strict";
// Set-up, lint, types, build and all tests, beside each other. The last line sums everything up.
//   node scripts/test.js [--quick] [--jobs N] [--record] [--deadline SECONDS] [folder or file …]
const { spawnSync } = require("node:child_process");
const path = require("node:path");
const { parseArgs } = require("node:util");
const { PACKED, root, testFiles } = require("./suite/files");
const {
  lastLine,
  printFailures,
  printResult,
  printTimes,
  printUnstable,
} = require("./suite/report");
const { SuiteRun } = require("./suite/run");
const { startSharedServer } = require("./suite/shared-server");
const { build, checks, testTask } = require("./suite/tasks");
const { Times } = require("./suite/times");

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    /** Only short files that start no server of their own. */
    quick: { type: "boolean", default: false },
    /** Writes the table of times that the order comes from. */
    record: { type: "boolean", default: false },
    /** How many run at once; three a core if it is not given. */
    jobs: { type: "string" },
    /** Seconds that a file may take. */
    deadline: { type: "string" },
  },
});

/** Of all test files. */
const env = {
  LOCKED_ACTION_DIST: path.join(root, "dist"),
  LOCKED_ACTION_PACKED: PACKED,
};

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
  const deadline = values.deadline ? Number(values.deadline) : undefined;
  const files = testFiles(positionals)
    .map((file) =>
      testTask(file, { seconds: times.secondsOf(file), deadline, env }),
    )
    .filter((task) => !values.quick || isQuick(task, times));
  const builds = files.some(({ needsBuild }) => needsBuild) ? [build()] : [];
  const whole = positionals.length === 0 && !values.quick;
  return [...(whole ? checks() : []), ...builds, ...files];
}

/** At most the shared server, no build, and of a few seconds; by the table of the repository, so everywhere the same. */
function isQuick(task, times) {
  const seconds = times.committed[task.name] ?? 0;
  return !task.startsServers && !task.needsBuild && seconds < 10;
}

async function main() {
  const began = performance.now();
  setUp();
  const times = new Times();
  const tasks = tasksOf(times);
  const sharing = tasks.some(({ sharesServer }) => sharesServer);
  const server = sharing ? await startSharedServer() : null;
  if (server) env.TEST_ZOOKEEPER = server.connect;
  try {
    const jobs = values.jobs ? { jobs: Number(values.jobs) } : {};
    const suite = new SuiteRun(tasks, printResult, jobs);
    const interrupted = stopAtSignals(suite);
    let results = await suite.run();
    if (interrupted()) return;
    results = await again(results);
    if (interrupted()) return;
    times.note(results);
    if (values.record) times.record();
    printTimes(results, (performance.now() - began) / 1000);
    printFailures(results);
    console.log(lastLine(results));
    if (results.some(({ failed }) => failed > 0)) process.exitCode = 1;
  } finally {
    await server?.stop();
  }
}

/** More failed files than this are no accident, and a run that is late has no time for them. */
const MOST_AGAIN = 8;
const LATE = 35 * 60;

/**
 * Files that failed beside others run once more, one after the other and alone. What passes then
 * counts as passed, and is named as unstable: the machine was too busy for it, or it has a race.
 */
async function again(results) {
  const isFailed = ({ task, failed }) => task.kind === "file" && failed > 0;
  const failed = results.filter(isFailed);
  const late = performance.now() > LATE * 1000;
  if (failed.length === 0 || failed.length === results.length) return results;
  if (failed.length > MOST_AGAIN || late) return results;
  console.log(`\nonce more, alone: ${failed.length} that failed`);
  const suite = new SuiteRun(
    failed.map(({ task }) => task),
    printResult,
    { jobs: 1 },
  );
  const stopped = stopAtSignals(suite);
  const second = await suite.run();
  if (stopped()) return results;
  printUnstable(failed, second);
  const of = (task) => second.find((result) => result.task === task);
  return results.map((result) => of(result.task) ?? result);
}

function stopAtSignals(suite) {
  let stopped = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    process.on(signal, () => {
      if (!stopped) console.log("interrupted: ending what runs");
      stopped = true;
      process.exitCode = 130;
      suite.stop();
    });
  return () => stopped;
}

main().catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
