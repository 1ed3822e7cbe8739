import os from "node:os";
import path from "node:path";
import { build } from "esbuild";

/**
 * The courses and all that they need as one file, which runs faster than what
 * is compiled as it is loaded.
 * @returns its path; the caller removes it
 */
export async function bundle(): Promise<string> {
  const name = `simulation-${process.pid}-${performance.now()}.cjs`;
  const outfile = path.join(os.tmpdir(), name);
  await build({
    entryPoints: [path.join(__dirname, "courses.ts")],
    outfile,
    bundle: true,
    platform: "node",
    target: "node20",
    ignoreAnnotations: true, // some files only put something in its place
    logLevel: "silent",
  });
  return outfile;
}
