"use strict";
// Which task is next, and when: the longest first, as many as keep the cores busy.
const os = require("node:os");

/** Most tests wait half of their time, and some for seconds. */
const JOBS = 3 * os.availableParallelism();
/** Bytes that must be free before one more task begins: a test with three servers needs as much. */
const MEMORY = 700 * 1024 * 1024;

/**
 * The task to begin now, or null.
 * @param waiting in the order in which they should begin
 * @param running the tasks that run
 * @param limits how many may run, and the bytes that are free
 */
function next(waiting, running, { jobs = JOBS, free = os.freemem() } = {}) {
  if (running.length >= jobs) return null;
  if (running.length > 0 && free < MEMORY) return null;
  if (running.some((task) => task.alone)) return null;
  const building = [...waiting, ...running].some(
    ({ kind }) => kind === "build",
  );
  const found = waiting.find(
    (task) => !task.alone && !(building && task.needsBuild),
  );
  if (found) return found;
  // those that run alone come last, when nothing else is left
  const last = running.length === 0 && waiting.every(({ alone }) => alone);
  return last ? (waiting[0] ?? null) : null;
}

/** Longest first; the build before all, for others wait for it. */
function order(tasks) {
  const rank = (task) => (task.kind === "build" ? Infinity : task.seconds);
  return [...tasks].sort((a, b) => rank(b) - rank(a));
}

module.exports = { next, order };
