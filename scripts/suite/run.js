"use strict";
// Runs tasks beside each other, and tells of each when it has ended.
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { setTimeout: pause } = require("node:timers/promises");
const { TaskRun } = require("./run-task");
const { next, order } = require("./schedule");

/** Milliseconds between two looks whether one more may begin. */
const LOOK = 100;

class SuiteRun {
  /**
   * @param onEnd is told each result
   * @param limits see `next`
   */
  constructor(tasks, onEnd, limits = {}) {
    this.waiting = order(tasks);
    this.running = new Map();
    this.results = [];
    this.onEnd = onEnd;
    this.limits = limits;
    this.stopped = false;
    this.number = 0;
    this.dir = fs.mkdtempSync(path.join(os.tmpdir(), "test-run-"));
  }

  async run() {
    try {
      while (!this.stopped && this.waiting.length + this.running.size > 0) {
        const tasks = [...this.running.keys()].map(({ task }) => task);
        const task = next(this.waiting, tasks, this.limits);
        if (task) this.#begin(task);
        await this.#pause();
      }
      await Promise.all(this.running.values());
    } finally {
      fs.rmSync(this.dir, { recursive: true, force: true });
    }
    return this.results;
  }

  /** Ends all that runs; `run` returns when nothing of it is left. */
  stop() {
    this.stopped = true;
    for (const run of this.running.keys()) run.end("interrupted");
  }

  #begin(task) {
    this.waiting.splice(this.waiting.indexOf(task), 1);
    const run = new TaskRun(task, this.dir, ++this.number);
    const ended = run.run().then((result) => {
      this.running.delete(run);
      this.results.push(result);
      if (!this.stopped) this.onEnd(result);
    });
    this.running.set(run, ended);
  }

  /** Until the next look, or until a task has ended. */
  async #pause() {
    const over = new AbortController();
    const looks = pause(LOOK, null, { signal: over.signal }).catch(() => {});
    await Promise.race([looks, ...this.running.values()]);
    over.abort();
  }
}

module.exports = { SuiteRun };
