import path from "node:path";
import type { Launch } from "./party";
import { has, once, PeerMissing, setUpDir, step } from "./set-up";

const PROJECT = path.join(__dirname, "curator");
const NAME = "Apache Curator";

/** Builds the contender with Maven. @throws PeerMissing */
export function setUpCurator(): Launch {
  for (const command of ["mvn", "javac"])
    if (!has(command))
      throw new PeerMissing(`${NAME}: \`${command}\` is not installed`);
  const dir = setUpDir("curator");
  const pom = path.join(PROJECT, "pom.xml");
  const source = path.join(PROJECT, "src/main/java/bench/Contender.java");
  once("curator", [pom, source], () =>
    step(NAME, "mvn", ["-q", "-B", "-f", pom, `-Dsetup=${dir}`, "compile"]),
  );
  const classPath = [path.join(dir, "target/classes"), path.join(dir, "lib/*")];
  return {
    command: "java",
    args: ["-cp", classPath.join(path.delimiter), "bench.Contender"],
  };
}
