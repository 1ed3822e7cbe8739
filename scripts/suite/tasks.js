"use strict";
// What a run does: the checks of the sources, the build, and each test file in a process of its own.
const path = require("node:path");
const { root, traitsOf } = require("./files");

const bin = (name) => path.join(root, "node_modules", ...name.split("/"));
const TSC = bin("typescript7/bin/tsc");
const kept = (name) => path.join(root, ".setup", name);

/** Seconds after which a task that has not ended is ended, and counts as failed. */
const LONGEST = 900;

/** Lint, format and types: one task each, that passes or fails. */
function checks() {
  return [
    check("lint", 15, [bin("oxlint/bin/oxlint")]),
    check("format", 20, [
      ...[bin("prettier/bin/prettier.cjs"), "--check", "--log-level", "warn"],
      ...["--cache", "--cache-strategy", "content"],
      ...["--cache-location", kept("prettier"), "."],
    ]),
    check("types", 15, [
      ...[TSC, "--noEmit", "--incremental"],
      ...["--tsBuildInfoFile", kept("types.tsbuildinfo")],
    ]),
  ];
}

function check(name, seconds, args) {
  return { kind: "check", name, seconds, args, deadline: LONGEST, env: {} };
}

/** What the packaging and end-to-end tests install. */
function build() {
  const args = [path.join(root, "scripts/suite/build.js")];
  return {
    kind: "build",
    name: "build",
    seconds: 15,
    args,
    deadline: LONGEST,
    env: {},
  };
}

/** A test file, by mocha in a process of its own. */
function testTask(file, { seconds, deadline, env }) {
  return {
    kind: "file",
    name: file,
    seconds,
    ...traitsOf(file),
    args: [
      ...["--require", path.join(root, "scripts/typescript.js")],
      bin("mocha/bin/_mocha"),
      "--reporter",
      path.join(root, "scripts/reporter.js"),
      file,
    ],
    deadline: deadline ?? LONGEST,
    env,
  };
}

module.exports = { build, checks, testTask };
