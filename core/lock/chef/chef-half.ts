/** The Chef half of a slot that stands: whether it is ours still (docs/protocol.md §6, CHEF-OWN). */
import type { Operation } from "../../zookeeper/operations";
import type { DataReply } from "../../zookeeper/replies";
import {
  keepMirror,
  remakeMirror,
  type Mirror,
  type NewHolder,
} from "../tree/transactions";

/** `ours`: made with the slot. `gone`: to be made again. `others`: to be waited for. */
export type ChefHalf = "ours" | "gone" | "others";

/**
 * What makes a Chef lock of ours also writes the slot's data, in one
 * transaction. Chef's own are at version 0; another lock of ours with the same
 * path has a slot of its own.
 */
export function chefHalf(mirror: DataReply, slot: DataReply): ChefHalf {
  if (mirror.code === "NO_NODE") return "gone";
  const ours =
    mirror.stat?.version === 1 && mirror.stat.czxid === slot.stat?.mzxid;
  return ours ? "ours" : "others";
}

/** What an adoption or a join adds, so that both halves are its own from the same moment (CHEF-ADOPT, CHEF-JOIN). */
export function withChefHalf(
  half: Exclude<ChefHalf, "others">,
  holder: NewHolder,
  mirror: Mirror,
): Operation[] {
  return half === "ours"
    ? keepMirror(mirror.path)
    : remakeMirror(holder, mirror);
}
