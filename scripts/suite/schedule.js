"use strict";
// Which task is next, and when: the longest first, as many as keep the cores busy.
const os = require("node:os");

const CORES = os.availableParallelism();
/** Tests mostly wait; more than this would wait for each other. */
const MOST = 4 * CORES + 2;
/** Bytes that must be free before one more task begins: a test with three servers needs as much. */
const MEMORY = 700 * 1024 * 1024;
/** One more begins while the cores idle for more than this part of the time. */
const IDLE = 0.12;

/** How much of the cores' time has been idle since it was asked last. */
class Idleness {
  constructor(read = () => os.cpus().map(({ times }) => times)) {
    this.read = read;
    this.last = this.#sums();
    this.value = 1;
  }

  #sums() {
    const sums = { idle: 0, all: 0 };
    for (const times of this.read()) {
      sums.idle += times.idle;
      for (const each of Object.values(times)) sums.all += each;
    }
    return sums;
  }

  ask() {
    const now = this.#sums();
    const all = now.all - this.last.all;
    if (all < 200 * CORES) return this.value; // milliseconds: too little to tell
    this.value = (now.idle - this.last.idle) / all;
    this.last = now;
    return this.value;
  }
}

/**
 * The task to begin now, or null.
 * @param waiting longest first
 * @param running the tasks that run
 * @param machine `idle` (0 … 1) and `free` (bytes)
 */
function next(waiting, running, machine) {
  if (running.some((task) => task.alone)) return null;
  if (running.length > 0 && machine.free < MEMORY) return null;
  if (running.length >= MOST) return null;
  if (running.length >= CORES && machine.idle < IDLE) return null;
  const built = ![...waiting, ...running].some(({ kind }) => kind === "build");
  const found = waiting.find(
    (task) => !task.alone && (built || !task.needsBuild),
  );
  if (found) return found;
  // those that run alone come last, when nothing else is left
  return running.length === 0 && waiting.every((task) => task.alone)
    ? (waiting[0] ?? null)
    : null;
}

/** Longest first; the build before all, for others wait for it. */
function order(tasks) {
  const rank = (task) => (task.kind === "build" ? Infinity : task.seconds);
  return [...tasks].sort((a, b) => rank(b) - rank(a));
}

const machine = (idleness) => ({ idle: idleness.ask(), free: os.freemem() });

module.exports = { CORES, Idleness, machine, next, order };
