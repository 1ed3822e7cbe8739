"use strict";
// A later ZooKeeper than the distribution's, beside it: some answers are tested on both. It comes from Maven's registry and is
// kept outside the repository; where it cannot be had, those tests are skipped and say so.
const { spawnSync } = require("node:child_process");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");

const VERSION = "3.9.5";
/** Milliseconds: nobody waits longer for some tests. */
const PATIENCE = 180_000;

const dir = path.join(
  process.env.XDG_CACHE_HOME || path.join(os.homedir(), ".cache"),
  `pulumi-locked-action/zookeeper-${VERSION}`,
);
/** What stood in the way of the last try is not tried again all the time. */
const problem = `${dir}.problem`;
const AGAIN = 24 * 3600 * 1000;

const POM = `<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>tests</groupId><artifactId>zookeeper</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies><dependency>
    <groupId>org.apache.zookeeper</groupId><artifactId>zookeeper</artifactId><version>${VERSION}</version>
    <exclusions><exclusion><groupId>io.netty</groupId><artifactId>netty-tcnative-boringssl-static</artifactId></exclusion></exclusions>
  </dependency></dependencies>
</project>
`;

/** Never an error: it says why, and the tests do too. */
function fetch() {
  if (fs.existsSync(dir) || isRecent(problem)) return;
  console.log(`fetching ZooKeeper ${VERSION} for some tests`);
  try {
    fs.mkdirSync(path.dirname(dir), { recursive: true });
    const work = fs.mkdtempSync(`${dir}.`);
    fs.writeFileSync(path.join(work, "pom.xml"), POM);
    const args = ["-q", "-B", "dependency:copy-dependencies"];
    const { error, status, stdout, signal } = spawnSync(
      "mvn",
      [...args, "-DincludeScope=runtime", "-DoutputDirectory=jars"],
      { cwd: work, encoding: "utf8", timeout: PATIENCE },
    );
    const why =
      error?.message ??
      (status === 0 ? null : (lastLine(stdout) ?? `ended by ${signal}`));
    if (why === null && !fs.existsSync(dir))
      fs.renameSync(path.join(work, "jars"), dir);
    fs.rmSync(work, { recursive: true, force: true });
    if (why !== null) throw new Error(why);
  } catch ({ message }) {
    console.log(`  not to be had: ${message}`);
    try {
      fs.writeFileSync(problem, message);
    } catch {
      // no cache at all: it is tried each time
    }
  }
}

const lastLine = (text) => text?.trim().split("\n").at(-1) || undefined;

function isRecent(file) {
  try {
    return Date.now() - fs.statSync(file).mtimeMs < AGAIN;
  } catch {
    return false;
  }
}

/** Its jars; a text is why there are none. */
function jars() {
  try {
    return fs
      .readdirSync(dir)
      .filter((name) => name.endsWith(".jar"))
      .map((name) => path.join(dir, name));
  } catch {
    let why = "it was not fetched: npm run setup -- --tests";
    try {
      why = fs.readFileSync(problem, "utf8");
    } catch {
      // never tried
    }
    return `no ZooKeeper ${VERSION}: ${why}`;
  }
}

module.exports = { VERSION, fetch, jars };
