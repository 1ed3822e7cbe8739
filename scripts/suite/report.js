"use strict";
// What a run prints: each task's output as a whole, and at the end what failed, and where the time went.

const seconds = (value) => `${value.toFixed(value < 9.95 ? 1 : 0)} s`;

/** A task's own output, between others' and never among it. */
function printResult({ task, output, seconds: took, failures }) {
  const mark = failures.length > 0 ? "✖" : "✔";
  console.log(`${mark} ${task.name} (${seconds(took)})`);
  const text = output.replace(/^\n+|\s+$/g, "");
  if (text && (task.kind === "file" || failures.length > 0))
    console.log(`${text}\n`);
  for (const { title, why } of failures)
    if (!title) console.log(`  ${task.name}: ${why}\n`);
}

/** File, title, and the command that repeats it alone. */
function printFailures(results) {
  const failed = results.filter(({ failures }) => failures.length > 0);
  if (failed.length === 0) return;
  console.log("\nfailed:");
  for (const { task, failures } of failed) {
    console.log(`  ${task.name}`);
    for (const { title, why } of failures)
      console.log(`    ${title ? `${title}: ` : ""}${why}`);
    console.log(`    again: ${againOf(task)}`);
  }
}

/** What failed beside others and passed alone. */
function printUnstable(first, second) {
  const passed = second.filter(({ failed }) => failed === 0);
  if (passed.length === 0) return;
  console.log("\nunstable (failed beside others, passed alone):");
  for (const { task } of passed)
    for (const { title, why } of first.find((one) => one.task === task)
      .failures)
      console.log(`  ${task.name}: ${title ? `${title}: ` : ""}${why}`);
}

function againOf({ kind, name }) {
  if (kind === "file")
    return `npm test ${/^[\w./-]+$/.test(name) ? name : JSON.stringify(name)}`;
  const scripts = {
    lint: "npx oxlint",
    format: "npx prettier --check .",
    types: "npm run typecheck",
  };
  return scripts[name] ?? `npm run ${name}`;
}

/** Time per folder, and the ten longest files. */
function printTimes(results, elapsed) {
  const files = results.filter(({ task }) => task.kind === "file");
  if (files.length < 2) return;
  const folders = new Map();
  for (const result of files) {
    const name = result.task.name.split("/").slice(0, 2).join("/");
    const sums = folders.get(name) ?? { files: 0, seconds: 0, cpu: 0 };
    sums.files += 1;
    sums.seconds += result.seconds;
    sums.cpu += result.cpu ?? 0;
    folders.set(name, sums);
  }
  const lines = [...folders].sort(([, a], [, b]) => b.seconds - a.seconds);
  console.log("\ntime per folder (files run beside each other):");
  for (const [name, sums] of lines)
    console.log(
      `  ${name.padEnd(20)} ${String(sums.files).padStart(3)} files ${seconds(sums.seconds).padStart(8)}, CPU ${seconds(sums.cpu)}`,
    );
  console.log("\nlongest files:");
  for (const result of longest(files))
    console.log(
      `  ${result.task.name.padEnd(44)} ${seconds(result.seconds).padStart(7)}, CPU ${seconds(result.cpu ?? 0)}`,
    );
  const all = results.reduce((sum, result) => sum + result.seconds, 0);
  console.log(
    `\n${seconds(elapsed)} for what takes ${seconds(all)} one after the other`,
  );
}

const longest = (files) =>
  [...files].sort((a, b) => b.seconds - a.seconds).slice(0, 10);

/** The last line. */
function lastLine(results) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const result of results)
    for (const key of Object.keys(total)) total[key] += result[key];
  const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
  return `${total.passed} passed, ${total.failed} failed${skipped}`;
}

module.exports = {
  lastLine,
  printFailures,
  printResult,
  printTimes,
  printUnstable,
};
