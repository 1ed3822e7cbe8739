/** The Chef half of a slot that stands, for an attempt that adopts or joins: it acts only under both. */
import type { Operation } from "../../zookeeper/operations";
import { chefHalf, withChefHalf, type ChefHalf } from "../chef/chef-half";
import { readChefHolder } from "../chef/chef-holder";
import { mirrorData } from "../chef/mirror";
import type { Mirror, NewHolder } from "../tree/transactions";
import type { HolderRecord, Member } from "../types";
import type { Attempt } from "./attempt";
import { ownMirror } from "./fast";
import type { Step } from "./step";

/** The Chef lock that it needs: its own request's, else that of the holder whose slot it is, if L names it. */
export function mirrorFor(
  attempt: Attempt,
  found: HolderRecord | null,
): Mirror | null {
  const own = ownMirror(attempt);
  if (own) return own;
  const path = found?.mirror;
  if (path === undefined || !attempt.lock!.mirrors.includes(path)) return null;
  const { group } = attempt.request;
  return { path, data: mirrorData({ mode: "tagged" }, group, attempt.id) };
}

/** Whether all members of a slot name this Chef lock, or none of them any: so it lives as long as the slot (CHEF-SLOT). */
export function allName(
  mirror: Mirror | null,
  members: readonly Pick<Member, "record">[],
): boolean {
  return members.every(
    ({ record }) => (record?.mirror ?? null) === (mirror?.path ?? null),
  );
}

/** How a Chef lock stands to a slot. What is not there leaves no watch. */
export async function halfOf(
  attempt: Attempt,
  slot: number,
  path: string,
): Promise<ChefHalf> {
  const { session, watcher } = attempt;
  const at = attempt.slotPath(slot);
  const mirror = await attempt.definite(() => session.getData(path, watcher));
  attempt.expect(mirror, `reading ${path}`, "OK", "NO_NODE");
  const made = await attempt.definite(() => session.getData(at));
  attempt.expect(made, `reading ${at}`, "OK", "NO_NODE");
  return chefHalf(mirror, made);
}

/** What the grant adds for it; `others`: it is watched, and to be waited for. */
export async function chefHalfFor(
  attempt: Attempt,
  holder: NewHolder,
  mirror: Mirror | null,
): Promise<Operation[] | "others"> {
  if (!mirror) return [];
  const half = await halfOf(attempt, holder.slot, mirror.path);
  if (half !== "others") return withChefHalf(half, holder, mirror);
  await chefHolds(attempt, mirror.path);
  return "others";
}

/** Somebody else has the Chef lock: its znode is watched. */
export async function chefHolds(attempt: Attempt, path: string): Promise<Step> {
  const { session, paths, watcher, patience } = attempt;
  const reply = await attempt.definite(() => session.getData(path, watcher));
  if (reply.code === "NO_NODE") return "EVAL";
  const { chef } = await attempt.definite(() =>
    readChefHolder(session, path, paths),
  );
  patience.sawChef(chef);
  return "WAIT";
}
