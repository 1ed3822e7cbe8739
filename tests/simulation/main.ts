/** npm run simulate: the real lock in virtual time, by seeds. */
import fs from "node:fs";
import v8 from "node:v8";
import { optionsOr } from "../support/options";
import { bundle } from "./bundle";
import { huntAll } from "./mutants/hunt";
import { COURSES } from "./mutants/mutated";
import { MUTANTS } from "./mutants/mutants";
import { HELP, readOptions } from "./options";

async function main(args: string[]): Promise<number> {
  const read = optionsOr(readOptions, args, HELP);
  if ("code" in read) return read.code;
  const { options } = read;
  if (options.mutants !== null) return huntAll(MUTANTS, COURSES, options);
  const file = await bundle();
  v8.setFlagsFromString("--no-lazy-feedback-allocation"); // warm at once
  const courses = (await import(file)) as typeof import("./courses");
  fs.rmSync(file);
  return courses.run(options);
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error);
    process.exit(2);
  },
);
