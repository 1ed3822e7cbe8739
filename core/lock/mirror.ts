import { EMPTY, remove, set, type Operation } from "../zookeeper/operations";
import type { Attempt } from "./attempt";
import type { ChefMirror } from "./types";

/** The cookbook's own path: a root without trailing slashes, blanks of the name as one colon. */
export function mirrorPath(chef: ChefMirror, name: string): string {
  const root = chef.root.replace(/\/+$/, "");
  const tail = chef.name ?? name.replace(/ +/g, ":");
  return `${root}/${tail.replace(/^\/+/, "")}`;
}

/** Readable and writable by Chef, whatever the ACL of the lock. */
const openCreate = (as: string, path: string): Operation => ({
  kind: "create",
  as,
  path,
  data: EMPTY,
  mode: "persistent",
  access: "anyone",
});

/** With every slot that is created. Version 1 afterwards: Chef's own locks stay at 0. */
export function mirrorTaken(attempt: Attempt): Operation[] {
  const { chef, name, group } = attempt.request;
  if (!chef) return [];
  const path = mirrorPath(chef, name);
  const data =
    chef.mode === "exact" ? group : `${group} la/${attempt.id.split("-")[1]}`;
  return [
    openCreate("mirror", path),
    set("mirror data", path, Buffer.from(data)),
  ];
}

/** With every slot that is deleted. */
export function mirrorFreed(path: string | null): Operation[] {
  return path ? [remove("mirror", path, 1)] : [];
}

/** The nodes above a mirror: world-accessible and never null, or the cookbook fails. */
export async function createMirrorParents(attempt: Attempt): Promise<void> {
  const { session, request } = attempt;
  if (!request.chef) return;
  const path = mirrorPath(request.chef, request.name);
  let parent = "";
  for (const segment of path.split("/").slice(1, -1)) {
    parent += `/${segment}`;
    const at = parent;
    await attempt.definite(() => session.multi([openCreate("parent", at)]));
  }
}
