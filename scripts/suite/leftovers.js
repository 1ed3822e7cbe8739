"use strict";
// The processes that a task has left, whatever group or session they are in: they inherit a variable.
const fs = require("node:fs");
const { setTimeout: pause } = require("node:timers/promises");

/** Tests that start a process with an environment of its own need not hand it on: their sandbox has a mark too. */
const VARIABLE = "TEST_TASK";
/** Of what tidies up after a sandbox (tests/support/sandbox.ts): it ends by itself, and is awaited. */
const REAPER_VARIABLE = "TEST_TASK_REAPER";
/** Milliseconds for that. */
const TO_TIDY = 20_000;

/** Pids of the living processes with this in their environment. */
function having(variable, mark) {
  return fs
    .readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => environmentOf(pid).includes(`${variable}=${mark}`))
    .map(Number);
}

function environmentOf(pid) {
  try {
    return fs.readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
  } catch {
    return []; // gone, or another user's
  }
}

/**
 * Waits until nothing of a task is left.
 * @param patience milliseconds after which what is left is ended
 * @returns a line for each process that had to be ended
 */
async function endLeftovers(mark, patience) {
  const began = performance.now();
  const ended = new Map();
  for (;;) {
    const left = having(VARIABLE, mark);
    const passed = performance.now() - began;
    if (left.length === 0 && having(REAPER_VARIABLE, mark).length === 0) break;
    if (passed >= patience) for (const pid of left) ended.set(pid, end(pid));
    if (passed >= patience + TO_TIDY) break;
    await pause(50);
  }
  return [...ended.values()];
}

function end(pid) {
  const command = commandOf(pid);
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // gone meanwhile
  }
  return `${pid} ${command}`;
}

function commandOf(pid) {
  try {
    const line = fs.readFileSync(`/proc/${pid}/cmdline`, "utf8");
    return line.replaceAll("\0", " ").trim().slice(0, 200);
  } catch {
    return "(gone)";
  }
}

module.exports = { VARIABLE, endLeftovers };
