import type { LockSpec } from "../core/action/types";
import { mirrorPath } from "../core/lock/chef/mirror";
import { lockPath } from "../core/lock/tree/paths";
import { describeRootProblem } from "./schema/lock";

/** What of a lock cannot be shared with the cookbook: it compares bytes, and ZooKeeper refuses some paths. */
export function describeChefProblems({
  root,
  name,
  group,
  chef,
}: Pick<LockSpec, "root" | "name" | "group" | "chef">): string[] {
  if (!chef) return [];
  const problems: string[] = [];
  if (!isAscii(group))
    problems.push(
      "lock.data: expected printable ASCII characters with lock.chef: the cookbook could not match others (default: the target)",
    );
  if (chef.name === undefined && !isAscii(name))
    problems.push(
      "lock.name: expected printable ASCII characters with lock.chef; or give lock.chef.name",
    );
  const path = mirrorPath(chef, name);
  const wrong = describeRootProblem(path);
  if (wrong)
    problems.push(
      `${chef.name === undefined ? "lock.name" : "lock.chef.name"}: makes no path for lock.chef: ${wrong}`,
    );
  const [mirror, own] = [`${path}/`, `${lockPath(root, name)}/`];
  if (mirror.startsWith(own) || own.startsWith(mirror))
    problems.push(
      "lock.chef: its znode and the lock's own must not be one below the other: Chef could never delete it",
    );
  return problems;
}

export function isAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text);
}
