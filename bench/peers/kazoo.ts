import path from "node:path";
import type { Launch } from "./party";
import { has, once, PeerMissing, setUpDir, step } from "./set-up";

const PROJECT = path.join(__dirname, "kazoo");
const NAME = "kazoo";

/** Installs kazoo into a Python environment of its own. @throws PeerMissing */
export function setUpKazoo(): Launch {
  if (!has("python3"))
    throw new PeerMissing(`${NAME}: \`python3\` is not installed`);
  const dir = setUpDir("kazoo");
  const python = path.join(dir, "bin", "python");
  const requirements = path.join(PROJECT, "requirements.txt");
  once("kazoo", [requirements], () => {
    step(NAME, "python3", ["-m", "venv", dir]);
    step(NAME, python, ["-m", "pip", "install", "-q", "-r", requirements]);
  });
  return { command: python, args: [path.join(PROJECT, "contender.py")] };
}
