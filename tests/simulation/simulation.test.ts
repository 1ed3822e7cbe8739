import { spawn } from "node:child_process";
import path from "node:path";
import { expect } from "chai";
import { MUTANTS } from "./mutants/mutants";
import { hunt } from "./mutants/mutated";
import { KEPT_SEEDS } from "./kept-seeds";
import { runCourse } from "./course/run";
import { readOptions } from "./options";
import { inMacrotask } from "./time/world";
import "./zookeeper";

const COURSES = 5000;
/** Mutants that are found within a second or two of CPU. */
const QUICK = ["FAIL-BUMP", "GRANT-WAITER", "ONE-SLOT", "MEMBER-WATCH"];

const MAIN = path.join(__dirname, "main.ts");

function simulate(...args: string[]): Promise<{ code: number; told: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(
      process.execPath,
      ["--max-semi-space-size=64", "--require", "tsx/cjs", MAIN, ...args],
      { stdio: ["ignore", "pipe", "pipe"] },
    );
    const parts: Buffer[] = [];
    child.stdout.on("data", (part: Buffer) => parts.push(part));
    child.stderr.on("data", (part: Buffer) => parts.push(part));
    child.on("error", reject);
    child.on("close", (code) =>
      resolve({ code: code ?? 1, told: Buffer.concat(parts).toString() }),
    );
  });
}

describe("the lock in virtual time", () => {
  it(`keeps its guarantees in ${COURSES} courses of events`, async () => {
    const { code, told } = await simulate(
      ...["--count", String(COURSES), "--seconds", "900"],
    );
    expect(code, told).to.equal(0);
    const [, courses] = /^(\d+) courses/m.exec(told) ?? [];
    expect(Number(courses)).to.equal(COURSES);
    expect(told).to.match(
      /light [1-9].*chef [1-9].*operators [1-9].*faults [1-9]/,
    );
  }).timeout(1_000_000);

  for (const { seed, kind, once } of KEPT_SEEDS)
    it(`keeps them for seed ${seed} (${kind}): ${once}`, async () => {
      const { violations } = await inMacrotask(() => runCourse(seed, kind));
      expect(violations).to.deep.equal([]);
    });

  it("repeats a course, to the last transaction, for its seed", async () => {
    for (const kind of ["light", "chef", "operators", "faults"] as const) {
      const run = () => inMacrotask(() => runCourse(11, kind, true));
      const first = await run();
      expect(first.trace).to.have.length.above(5);
      expect((await run()).trace, kind).to.deep.equal(first.trace);
    }
  });

  for (const name of QUICK)
    it(`sees that ${name} is taken out`, async () => {
      const mutant = MUTANTS.find((each) => each.name === name)!;
      const { found } = await hunt(mutant, { seconds: 120, from: 1 });
      expect(found).to.match(/^✖ /);
    });

  it("tells what it takes, and what is wrong", async () => {
    expect(readOptions(["--help"])).to.equal(null);
    expect(() => readOptions(["--only", "rain"])).to.throw(
      "--only: expected one of light, chef, operators, faults, got rain",
    );
    expect(() => readOptions(["--seconds", "x"])).to.throw(
      "--seconds: expected a number, got x",
    );
  });
});
