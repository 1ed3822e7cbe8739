// npm run bench -- NAME [--quick] [--json] [--runs N] [--only QUESTION]: sets up what is needed, then runs bench/NAME.ts.
"use strict";
const { spawn, spawnSync } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");

const root = path.join(__dirname, "..");
const folder = path.join(root, "bench");

const USAGE = `npm run bench -- NAME [--quick] [--json] [--runs N] [--only QUESTION]

  --quick   fewer and shorter runs: a look, not a proof
  --json    one JSON document (use npm run -s)
  --runs N  how often everything is measured
  --only Q  one question of the bench, for those that have several (may be repeated)

Exit code: 0 all goals hold, 1 one misses or the bench failed, 2 not all could be measured.
`;

/** Every file right under bench/ is a benchmark; its first line says what it asks. */
function benches() {
  return fs
    .readdirSync(folder)
    .filter((file) => file.endsWith(".ts"))
    .sort()
    .map((file) => {
      const text = fs.readFileSync(path.join(folder, file), "utf8");
      const about = /^\/\*\*\s*(.*?)\s*\*\//.exec(text)?.[1] ?? "";
      return { name: path.basename(file, ".ts"), about };
    });
}

function list(out) {
  const found = benches();
  const width = Math.max(0, ...found.map(({ name }) => name.length));
  out.write(USAGE + "\n");
  for (const { name, about } of found)
    out.write(`  ${name.padEnd(width)}  ${about}\n`);
}

function main([name, ...rest]) {
  if (name === undefined || name === "--help") return list(process.stdout);
  if (!benches().some((bench) => bench.name === name)) {
    process.stderr.write(`no such benchmark: ${name}\n\n`);
    list(process.stderr);
    process.exitCode = 1;
    return;
  }
  // stdout belongs to the report alone
  const setup = spawnSync(
    process.execPath,
    [path.join(__dirname, "setup.js")],
    {
      cwd: root,
      stdio: ["inherit", 2, 2],
    },
  );
  if (setup.status !== 0) {
    process.exitCode = setup.status ?? 1;
    return;
  }
  const bench = spawn(
    process.execPath,
    ["--require", "tsx/cjs", path.join(folder, `${name}.ts`), ...rest],
    { cwd: root, stdio: "inherit" },
  );
  // A terminal's Ctrl-C reaches the child by itself; what is sent to us alone is passed on.
  process.on("SIGINT", () => {});
  process.on("SIGTERM", () => bench.kill("SIGTERM"));
  bench.on("error", (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 1;
  });
  bench.on("exit", (code) => (process.exitCode = code ?? 1));
}

main(process.argv.slice(2));
