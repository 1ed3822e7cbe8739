"use strict";
// One task in a process group of its own, until it has ended and nothing of it is left.
const { spawn } = require("node:child_process");
const { once } = require("node:events");
const fs = require("node:fs");
const path = require("node:path");
const { root } = require("./files");
const { VARIABLE, endLeftovers } = require("./leftovers");

/** Characters of a task's output that are printed. */
const LONGEST_OUTPUT = 400_000;
/** Milliseconds that a file may take to end after its last test. */
const TO_END = 30_000;
/** Milliseconds that the processes it has started may take to end after it. */
const PATIENCE = 10_000;

class TaskRun {
  /** @param dir where its output and its results go */
  constructor(task, dir, number) {
    this.task = task;
    this.base = path.join(dir, String(number));
    this.mark = `${path.basename(dir)}-${number}`;
    this.ended = false;
    this.cut = null;
  }

  /** @returns what came of it */
  async run() {
    const began = performance.now();
    const log = fs.openSync(`${this.base}.log`, "w");
    this.child = spawn(process.execPath, this.task.args, {
      cwd: root,
      detached: true, // a group of its own
      // the last one closes when this process is gone, however it went
      stdio: ["ignore", log, log, "pipe"],
      env: {
        ...process.env,
        ...this.task.env,
        [VARIABLE]: this.mark,
        LOCKED_ACTION_TEST_RESULTS: `${this.base}.json`,
      },
    });
    fs.closeSync(log);
    this.child.stdio[3].on("error", () => {}); // it may be gone first
    const deadline = setTimeout(
      () => this.end(`it had not ended after ${this.task.deadline} s`),
      this.task.deadline * 1000,
    );
    const watch = setInterval(() => this.#watchResults(), 1000);
    const [code, signal] = await once(this.child, "exit").catch((error) => [
      null,
      error.message,
    ]);
    clearTimeout(deadline);
    clearInterval(watch);
    this.end();
    const left = await endLeftovers(this.mark, this.cut ? 0 : PATIENCE);
    this.ended = true;
    const seconds = (performance.now() - began) / 1000;
    return {
      task: this.task,
      seconds,
      output: this.#output(),
      ...this.#verdict(code, signal, left),
    };
  }

  /** Ends all of its process group. */
  end(why = null) {
    if (why) this.cut ??= why;
    try {
      process.kill(-this.child.pid, "SIGKILL");
    } catch {
      // nobody is left of it
    }
  }

  #watchResults() {
    const at = fs.statSync(`${this.base}.json`, {
      throwIfNoEntry: false,
    })?.mtimeMs;
    if (at && Date.now() - at > TO_END)
      this.end(
        `its tests have ended, it has not: something of it keeps node running`,
      );
  }

  #output() {
    const text = fs.readFileSync(`${this.base}.log`, "utf8");
    if (text.length <= LONGEST_OUTPUT) return text;
    const half = LONGEST_OUTPUT / 2;
    return `${text.slice(0, half)}\n… ${text.length - LONGEST_OUTPUT} characters …\n${text.slice(-half)}`;
  }

  #verdict(code, signal, left) {
    const told = this.task.kind === "file" ? this.#results() : null;
    const {
      passed = 0,
      failed = 0,
      skipped = 0,
      cpu = null,
      failures = [],
    } = told ?? {};
    const more = [];
    if (this.cut) more.push(this.cut);
    else if (signal) more.push(`ended by ${signal}`);
    else if (this.task.kind !== "file" && code !== 0)
      more.push(`failed with exit code ${code}`);
    else if (this.task.kind === "file" && !told)
      more.push(`it ended with exit code ${code} before its tests had`);
    else if (code !== 0 && failed === 0)
      more.push(`exit code ${code}, though no test failed`);
    if (!this.cut)
      for (const process of left) more.push(`it left a process: ${process}`);
    return {
      passed: this.task.kind === "check" && more.length === 0 ? 1 : passed,
      failed: failed + (more.length > 0 ? 1 : 0),
      skipped,
      cpu,
      failures: [...failures, ...more.map((why) => ({ title: null, why }))],
    };
  }

  #results() {
    try {
      return JSON.parse(fs.readFileSync(`${this.base}.json`, "utf8"));
    } catch {
      return null; // it did not come so far
    }
  }
}

module.exports = { TaskRun };
