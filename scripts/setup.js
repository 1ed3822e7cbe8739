"use strict";
// Installs what tests, demo and benchmarks need and this machine lacks. Needs no
// dependency, and no network when everything is there.
const { spawnSync } = require("node:child_process");
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const newerZookeeper = require("./newer-zookeeper");

const root = path.join(__dirname, "..");

/** What is looked for, and the Debian package that has it. */
const SYSTEM = [
  { file: "/usr/share/java/zookeeper.jar", package: "libzookeeper-java" },
  { file: "/usr/sbin/sshd", package: "openssh-server" },
  { command: "ssh-keygen", package: "openssh-client" },
  { command: "java", package: "default-jre-headless" },
];

/** Login shells and awks that hosts may have. Where one is missing its tests are skipped, and say so. */
const ON_HOSTS = ["busybox", "fish", "gawk", "mawk", "sudo", "tcsh", "zsh"];

/** With `--tests`. */
const FOR_TESTS = [
  // SSH servers that hosts may have beside OpenSSH
  { file: "/usr/sbin/dropbear", package: "dropbear-bin" },
  { file: "/usr/sbin/tinysshd", package: "tinysshd" },
  { command: "ksh93", package: "ksh93u+m" },
  ...[...ON_HOSTS, "faketime"].map((command) => ({
    ...{ command, package: command },
  })),
  {
    file: "/usr/lib/python3/dist-packages/kazoo/__init__.py",
    package: "python3-kazoo",
  },
];

/** With `--machines`. */
const FOR_MACHINES = [
  { file: "/usr/sbin/debootstrap", package: "debootstrap" },
  { command: "qemu-system-x86_64", package: "qemu-system-x86" },
  { command: "qemu-img", package: "qemu-utils" },
];

const BREW = "brew install node openjdk zookeeper openssh";

function main() {
  checkNode();
  checkPlatform();
  installSystemPackages();
  installNodeModules();
  linkOurselves();
  if (process.argv.includes("--tests")) newerZookeeper.fetch();
}

function checkNode() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < 20)
    fail(`Node 20 or later is needed, this is ${process.version}`);
}

function checkPlatform() {
  if (process.platform === "linux") return;
  if (process.platform === "darwin")
    fail(
      "tests and demo run real hosts, which need Linux's /proc: use a Linux machine or container.\n" +
        `For development on macOS: ${BREW}`,
    );
  fail(`tests and demo need Linux, this is ${process.platform}`);
}

function installSystemPackages() {
  const needs = [
    ...SYSTEM,
    ...(process.argv.includes("--tests") ? FOR_TESTS : []),
    ...(process.argv.includes("--machines") ? FOR_MACHINES : []),
  ];
  const missing = needs.filter((need) => !isThere(need));
  if (missing.length === 0) return;
  const packages = [...new Set(missing.map((need) => need.package))];
  const install = `apt-get install -y --no-install-recommends ${packages.join(" ")}`;
  const apt = find("apt-get");
  const asRoot = process.getuid() === 0;
  if (!apt || (!asRoot && !maySudo()))
    fail(
      "these are missing, and this user may not install them. As root, run:\n" +
        (apt
          ? `  apt-get update\n  ${install}`
          : `  (with your package manager) ${packages.join(" ")}`),
    );
  console.log(`installing ${packages.join(", ")}`);
  const prefix = asRoot ? [] : ["sudo"];
  const options = ["-o", "DPkg::Lock::Timeout=120", "-q"];
  run([...prefix, "apt-get", ...options, "update"], { quiet: true });
  run(
    [
      ...prefix,
      ...["env", "DEBIAN_FRONTEND=noninteractive"],
      ...["apt-get", ...options, "install", "-y", "--no-install-recommends"],
      ...packages,
    ],
    { quiet: true },
  );
  const still = needs.filter((need) => !isThere(need));
  if (still.length > 0)
    fail(`still missing after ${install}: ${still.map(nameOf).join(", ")}`);
}

function maySudo() {
  if (!find("sudo")) return false;
  if (process.stdin.isTTY) return true; // it may ask for the password
  return spawnSync("sudo", ["-n", "true"]).status === 0;
}

function isThere(need) {
  return need.file ? fs.existsSync(need.file) : Boolean(find(need.command));
}

function nameOf(need) {
  return need.file ?? need.command;
}

function find(command) {
  return (process.env.PATH ?? "")
    .split(path.delimiter)
    .map((dir) => path.join(dir, command))
    .find((file) => fs.existsSync(file));
}

/** Again only when the lock file is another one. */
function installNodeModules() {
  const stamp = path.join(root, "node_modules", ".installed-from");
  const lock = createHash("sha256")
    .update(fs.readFileSync(path.join(root, "package-lock.json")))
    .digest("hex");
  if (fs.existsSync(stamp) && fs.readFileSync(stamp, "utf8") === lock) return;
  console.log("installing node modules");
  run(["npm", "ci", "--no-audit", "--no-fund"], { quiet: true });
  fs.writeFileSync(stamp, lock);
}

/** The repository is a Pulumi project too: its program finds this package as a user's does. */
function linkOurselves() {
  const link = path.join(root, "node_modules", "pulumi-locked-action");
  if (!fs.existsSync(link)) fs.symlinkSync("..", link);
}

function run(command, { quiet = false } = {}) {
  const [name, ...args] = command;
  const result = spawnSync(name, args, {
    cwd: root,
    stdio: quiet ? ["inherit", "pipe", "pipe"] : "inherit",
    encoding: "utf8",
  });
  if (result.status === 0) return;
  process.stderr.write((result.stdout ?? "") + (result.stderr ?? ""));
  fail(`failed: ${command.join(" ")}`);
}

function fail(message) {
  console.error(`set-up: ${message}`);
  process.exit(1);
}

main();
