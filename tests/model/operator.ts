/** Who acts on the lock from outside: the operator who clears, holds and unholds, and Chef with its own lock. */
import type { Fault } from "./faults";
import {
  holdersOf,
  L,
  lockData,
  lockOf,
  M,
  membersOf,
  mirrorIsOurs,
  type Member,
} from "./layout";
import type { Rule } from "./rules";
import { apply, create, remove, set, type Op, type Tree } from "./tree";

/** How many faults are left: of one kind, or `any` kind. */
export type Budget = Partial<Record<Fault | "any", number>>;

/** All that is neither the servers' nor a client's. */
export interface Surroundings {
  left: Budget;
  /** A clear in two steps (a rule taken out) has still to delete this slot. */
  clearing: string;
  /** Cycles that Chef has still to do, and where it is in the present one. */
  chef: { cycles: number; at: "poll" | "act" | "read" | "delete" };
}

export interface OutsideMove {
  surroundings: Surroundings;
  tree: Tree;
  fault: Fault | null;
  story: () => string;
}

/** One fault less, or null when there is none left to spend. */
export function spend(s: Surroundings, fault: Fault): Surroundings | null {
  const key = (s.left[fault] ?? 0) > 0 ? fault : "any";
  const count = s.left[key] ?? 0;
  if (count === 0) return null;
  return { ...s, left: { ...s.left, [key]: count - 1 } };
}

export interface OutsideTerms {
  has(rule: Rule): boolean;
}

function clear(
  s: Surroundings,
  t: OutsideTerms,
  tree: Tree,
  u: Member,
): OutsideMove {
  const others = membersOf(tree, u.slot).filter(({ path }) => path !== u.path);
  const last = others.length === 0;
  const frees = u.mirror && mirrorIsOurs(tree) && t.has("CLEAR-MIRROR");
  const mirror = frees && !others.some((other) => other.mirror);
  const slot = [remove(u.slot)];
  const ops = [
    ...u.lives.map((live) => remove(`${u.path}/${live}`)),
    remove(u.path),
    ...(last && t.has("CLEAR-AT-ONCE") ? slot : []),
    ...(mirror ? [remove(M, 1)] : []),
  ];
  const clearing = last && !t.has("CLEAR-AT-ONCE") ? u.slot : "";
  return {
    surroundings: { ...s, clearing },
    tree: apply(tree, ops).tree,
    fault: "clear",
    story: () => `operator CLEARS ${u.owner}-${u.uuid}`,
  };
}

const chefIsThrough = ({ chef }: Surroundings): boolean =>
  chef.cycles === 0 && chef.at === "poll";

function operator(s: Surroundings, t: OutsideTerms, tree: Tree): OutsideMove[] {
  const moves = holdersOf(tree).map((u) => clear(s, t, tree, u));
  const lock = lockOf(tree);
  if (lock) {
    const hold = !lock.hold;
    const ops = [set(L, lockData({ max: lock.max, hold }), lock.v)];
    moves.push({
      surroundings: s,
      tree: apply(tree, ops).tree,
      fault: hold ? "hold" : null,
      story: () => `operator ${hold ? "HOLD" : "UNHOLD"}`,
    });
  }
  // nobody can stop an act that has begun: where Chef could act beside it, only while nobody works
  const quiet = holdersOf(tree).every((u) => u.state === "failed");
  if (mirrorIsOurs(tree) && (quiet || chefIsThrough(s)))
    moves.push({
      surroundings: s,
      tree: apply(tree, [remove(M)]).tree,
      fault: "chefCleared",
      story: () => "somebody deletes Chef's lock",
    });
  if (tree.get(M)?.data === "theirs")
    moves.push({
      surroundings: s,
      tree: apply(tree, [remove(M)]).tree,
      fault: null,
      story: () => "the other lock frees Chef's lock",
    });
  if (s.clearing !== "") {
    const surroundings = { ...s, clearing: "" };
    const then = { surroundings, fault: null };
    const done = apply(tree, [remove(s.clearing)]).tree;
    const tell = (text: string) => () => `operator ${text}`;
    moves.push({ ...then, tree: done, story: tell("deletes the slot") });
    moves.push({ ...then, tree, story: tell("dies before it has the slot") });
  }
  return moves;
}

/** The cookbook: creates its lock, acts, reads whose it is, deletes it whatever its version. */
function chef(s: Surroundings, tree: Tree): OutsideMove[] {
  const { cycles, at } = s.chef;
  if (cycles === 0) return [];
  const go = (
    next: Surroundings["chef"],
    story: string,
    ops: Op[] = [],
  ): OutsideMove[] => {
    const done = apply(tree, ops);
    if (done.refusal) return [];
    const surroundings = { ...s, chef: next };
    return [{ surroundings, tree: done.tree, fault: null, story: () => story }];
  };
  switch (at) {
    case "poll":
      return go({ cycles, at: "act" }, "Chef creates its lock and acts", [
        create(M, "chef"),
      ]);
    case "act":
      return go({ cycles, at: "read" }, "Chef's action is done");
    case "read": {
      const own = tree.get(M)?.data === "chef";
      const next: Surroundings["chef"] = own
        ? { cycles, at: "delete" }
        : { cycles: cycles - 1, at: "poll" };
      return go(next, "Chef reads its lock");
    }
    case "delete":
      return go({ cycles: cycles - 1, at: "poll" }, "Chef deletes its lock", [
        remove(M),
      ]);
  }
}

export const outsideMoves = (
  s: Surroundings,
  t: OutsideTerms,
  tree: Tree,
): OutsideMove[] => [...operator(s, t, tree), ...chef(s, tree)];
