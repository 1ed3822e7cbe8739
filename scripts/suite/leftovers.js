"use strict";
// The processes that a task has left, whatever group or session they are in: they inherit a variable.
const fs = require("node:fs");
const { setTimeout: pause } = require("node:timers/promises");

/** Tests that start a process with an environment of its own need not hand it on: their sandbox has a mark too. */
const VARIABLE = "TEST_TASK";

/** Pids of the living processes that have this mark. */
function marked(mark) {
  return fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        return fs
          .readFileSync(`/proc/${pid}/environ`, "latin1")
          .split("\0")
          .includes(`${VARIABLE}=${mark}`);
      } catch {
        return false; // gone, or another user's
      }
    })
    .map(Number);
}

/** Waits for all of them to end; ends those that have not by then, and tells their command lines. */
async function endLeftovers(mark, within) {
  const deadline = performance.now() + within;
  for (;;) {
    const left = marked(mark);
    if (left.length === 0) return [];
    if (performance.now() > deadline) return left.map(end);
    await pause(50);
  }
}

function end(pid) {
  const told = commandOf(pid);
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // gone meanwhile
  }
  return `${pid} ${told}`;
}

function commandOf(pid) {
  try {
    return fs
      .readFileSync(`/proc/${pid}/cmdline`, "utf8")
      .replaceAll("\0", " ")
      .slice(0, 200);
  } catch {
    return "(gone)";
  }
}

module.exports = { VARIABLE, endLeftovers, marked };
