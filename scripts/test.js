"use strict";
// Set-up, lint, types, build and all tests. The last line sums everything up.
//   node scripts/test.js [folder or file …]
const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const root = path.join(__dirname, "..");
const bin = (name) => path.join(root, "node_modules", ".bin", name);

function run(command, args, env = {}) {
  const { status, signal } = spawnSync(command, args, {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, ...env },
  });
  if (signal) process.exit(130); // interrupted
  return status === 0;
}

if (!run(process.execPath, ["scripts/setup.js", "--tests"])) process.exit(1);

const total = { passed: 0, failed: 0, skipped: 0 };
const wanted = process.argv.slice(2);

if (wanted.length === 0) {
  for (const [what, command, args] of [
    ["lint", bin("eslint"), ["."]],
    ["format", bin("prettier"), ["--check", "--log-level", "warn", "."]],
    ["types", bin("tsc"), ["--noEmit"]],
  ]) {
    const ok = run(command, args);
    console.log(`${ok ? "✔" : "✖"} ${what}`);
    total[ok ? "passed" : "failed"] += 1;
  }
}

// what the end-to-end tests install
if (!run("npm", ["run", "--silent", "build"])) process.exit(1);

const results = path.join(root, ".setup", "test-results.json");
fs.mkdirSync(path.dirname(results), { recursive: true });
fs.rmSync(results, { force: true });
const files = (wanted.length > 0 ? wanted : ["tests"]).map((name) =>
  name.endsWith(".ts") ? name : `${name}/**/*.test.ts`,
);
const ok = run(bin("mocha"), ["--reporter", "scripts/reporter.js", ...files], {
  LOCKED_ACTION_TEST_RESULTS: results,
  LOCKED_ACTION_DIST: path.join(root, "dist"),
});
const counted = fs.existsSync(results)
  ? JSON.parse(fs.readFileSync(results, "utf8"))
  : null;
for (const key of Object.keys(total)) total[key] += counted?.[key] ?? 0;
if (!counted || (!ok && counted.failed === 0)) total.failed += 1;

const skipped = total.skipped > 0 ? `, ${total.skipped} skipped` : "";
console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
process.exitCode = total.failed > 0 ? 1 : 0;
