"use strict";
// Which test files there are, and what each of them needs.
const fs = require("node:fs");
const path = require("node:path");

const root = path.join(__dirname, "../..");
/** Where the build leaves the package for the tests: packed, and unpacked as `package`. */
const PACKED = path.join(root, ".setup/packed");
const SERVERS = ["tests/support/hosts.ts", "tests/support/zookeeper.ts"];
const SHARED = "tests/support/shared-zookeeper.ts";
const IMPORT = /(?:from|import|require\()\s*"(\.[^"]+)"/g;
const ALONE = /^\/\/ Runs alone: (.+)$/m;

/** Test files below the named folders, or the named files; relative to the root, sorted. */
function testFiles(wanted) {
  const names = wanted.length > 0 ? wanted : ["tests"];
  const found = names.flatMap((name) => {
    const full = path.resolve(root, name);
    if (!fs.existsSync(full))
      throw new Error(`no such file or folder: ${name}`);
    return fs.statSync(full).isDirectory() ? below(full) : [full];
  });
  return [...new Set(found)].map((file) => path.relative(root, file)).sort();
}

function below(dir) {
  return fs.readdirSync(dir, { withFileTypes: true }).flatMap((entry) => {
    const full = path.join(dir, entry.name);
    if (entry.isDirectory())
      return entry.name === "node_modules" ? [] : below(full);
    return entry.name.endsWith(".test.ts") ? [full] : [];
  });
}

/** What a file says of itself, and what it reaches by its imports. */
function traitsOf(file) {
  const reached = closure(file);
  return {
    alone: ALONE.exec(text(file))?.[1] ?? null,
    needsBuild: [...reached].some((each) =>
      text(each).includes("LOCKED_ACTION_DIST"),
    ),
    sharesServer: reached.has(SHARED),
    startsServers: SERVERS.some((each) => reached.has(each)),
  };
}

const texts = new Map();

function text(file) {
  if (!texts.has(file))
    texts.set(file, fs.readFileSync(path.join(root, file), "utf8"));
  return texts.get(file);
}

/** The file and all that it imports, directly or not. */
function closure(file, seen = new Set()) {
  if (seen.has(file)) return seen;
  seen.add(file);
  if (file === SHARED) return seen; // that it can start one of its own is for runs by hand
  for (const [, name] of text(file).matchAll(IMPORT)) {
    const target = resolve(path.join(path.dirname(file), name));
    if (target) closure(target, seen);
  }
  return seen;
}

function resolve(name) {
  const candidates = [`${name}.ts`, `${name}/index.ts`, name];
  return candidates.find(
    (each) =>
      /\.[cm]?[jt]s$/.test(each) && fs.existsSync(path.join(root, each)),
  );
}

module.exports = { PACKED, root, testFiles, traitsOf };
