import type { ChefMirror } from "../types";
import type { Mirror } from "../tree/transactions";

/** The cookbook's own path: a root without trailing slashes, blanks of the name as one colon. */
export function mirrorPath(chef: ChefMirror, name: string): string {
  const root = chef.root.replace(/\/+$/, "");
  const tail = chef.name ?? name.replace(/ +/g, ":");
  return `${root}/${tail.replace(/^\/+/, "")}`;
}

/** The Chef lock that goes with a slot which this holder makes; `exact` is what that host's own Chef takes for its own. */
export function mirrorOf(
  chef: ChefMirror | undefined,
  name: string,
  group: string,
  holder: string,
): Mirror | null {
  if (!chef) return null;
  return {
    path: mirrorPath(chef, name),
    data: mirrorData(chef, group, holder),
  };
}

export function mirrorData(
  { mode }: Pick<ChefMirror, "mode">,
  group: string,
  holder: string,
): string {
  return mode === "exact" ? group : `${group} la/${holder.split("-")[1]}`;
}
