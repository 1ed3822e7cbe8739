import path from "node:path";
import { InvalidArgumentError } from "commander";
import type { ChefMirror } from "../core/lock";
import { isAscii } from "../provider/chef";
import { describeRootProblem } from "../provider/schema/lock";
import { usage } from "./errors";

/** `--chef PATH` or `--no-chef`; neither: as the lock itself says. */
export type ChefOption = string | false | undefined;

/** The Chef lock that `run` holds together with its own: by default the one that the lock is known to go with. */
export function chefFor(
  name: string,
  data: string,
  mirrors: string[],
  option: ChefOption,
): ChefMirror | undefined {
  if (option === false) return undefined;
  if (option === undefined && mirrors.length > 1)
    throw usage(
      `lock ${name}: it goes with several Chef locks: ${mirrors.join(", ")}`,
      `name the one of this machine: --chef ${mirrors[0]}`,
    );
  const mirror = option ?? mirrors[0];
  if (mirror === undefined) return undefined;
  const problem = describeChefPathProblem(mirror);
  if (problem) throw usage(`--chef: ${problem}`);
  if (!isAscii(data))
    throw usage(
      "--data: expected printable ASCII characters: the Chef cookbook could match no others",
      "the default is the target; to leave Chef alone: --no-chef",
    );
  return {
    root: path.dirname(mirror),
    name: path.basename(mirror),
    mode: "tagged",
  };
}

function describeChefPathProblem(path: string): string | null {
  if (!isAscii(path))
    return "expected the path of the cookbook's lock, /lock/NAME say, in ASCII";
  return describeRootProblem(path);
}

/** For an option that names a Chef lock to look at. */
export function chefPath(text: string): string {
  const problem = describeChefPathProblem(text);
  if (problem) throw new InvalidArgumentError(`${problem}.`);
  return text;
}
