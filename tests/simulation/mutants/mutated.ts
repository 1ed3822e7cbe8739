import { spawn } from "node:child_process";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import type { Mutant } from "./mutants";

const ROOT = path.join(__dirname, "../../..");
/** What is simulated, and what it needs of the repository. */
export interface Simulation {
  main: string;
  needed: string[];
}

const NEEDED = [
  "core",
  "tests/simulation",
  "tests/support/options.ts",
  "tests/chaos/dice.ts",
  "package.json",
  "tsconfig.json",
];

export const COURSES: Simulation = {
  main: "tests/simulation/main.ts",
  needed: NEEDED,
};

export const LIVES: Simulation = {
  main: "tests/simulation/lives/main.ts",
  needed: [...NEEDED, "provider"],
};

export interface Finding {
  /** Null: not found in the time given. */
  found: string | null;
  /** How many it took; null: the simulation does not say. */
  courses: number | null;
  seconds: number;
}

/** A copy of the code with the edits made. @throws Error if the code has no such place */
function copyWith({ name, edits }: Mutant, { needed }: Simulation): string {
  const copy = fs.mkdtempSync(path.join(os.tmpdir(), "mutant-"));
  for (const each of needed)
    fs.cpSync(path.join(ROOT, each), path.join(copy, each), {
      recursive: true,
    });
  fs.symlinkSync(
    path.join(ROOT, "node_modules"),
    path.join(copy, "node_modules"),
  );
  for (const { file, from, to } of edits) {
    const text = fs.readFileSync(path.join(copy, file), "utf8");
    if (!text.includes(from))
      throw new Error(`${name}: ${file} has no longer: ${from}`);
    fs.writeFileSync(path.join(copy, file), text.replaceAll(from, to));
  }
  return copy;
}

/** Simulates the changed code until a violation shows. */
export async function hunt(
  mutant: Mutant,
  { seconds, from }: { seconds: number; from: number },
  simulation = COURSES,
): Promise<Finding> {
  const copy = copyWith(mutant, simulation);
  try {
    const only = mutant.only ? ["--only", mutant.only] : [];
    const began = performance.now();
    const output = await run(copy, simulation, [
      ...["--first", "--seconds", String(seconds), "--from", String(from)],
      ...only,
    ]);
    const took = (performance.now() - began) / 1000;
    const [found = null] = /^✖ .*/m.exec(output) ?? [];
    if (found === null && !output.includes("✔ no violation"))
      throw new Error(`${mutant.name}: the simulation failed:\n${output}`);
    const [, courses] = /^(\d+) (?:courses|lives)/m.exec(output) ?? [];
    return { found, seconds: took, courses: courses ? Number(courses) : null };
  } finally {
    fs.rmSync(copy, { recursive: true, force: true });
  }
}

function run(
  cwd: string,
  { main }: Simulation,
  args: string[],
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      ["--max-semi-space-size=64", "--require", "tsx/cjs", main, ...args],
      { cwd, stdio: ["ignore", "pipe", "pipe"] },
    );
    const parts: Buffer[] = [];
    child.stdout.on("data", (part: Buffer) => parts.push(part));
    child.stderr.on("data", (part: Buffer) => parts.push(part));
    child.on("error", reject);
    child.on("close", () => resolve(Buffer.concat(parts).toString()));
  });
}
