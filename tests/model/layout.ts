/** The znodes of a lock: the protocol page's layout, and how to read it from a tree. History is left out: it excludes nobody. */
import {
  childrenOf,
  nameOf,
  sequenceOf,
  set,
  type Op,
  type Tree,
} from "./tree";

export const L = "L";
export const H = "L/holders";
export const W = "L/waiters";
/** Chef's lock beside ours. */
export const M = "M";

export interface LockView {
  v: number;
  max: number;
  hold: boolean;
}

export const lockData = (lock: Omit<LockView, "v">): string =>
  `max ${String(lock.max)}${lock.hold ? " hold" : ""}`;

export const parseLock = (data: string, v: number): LockView => ({
  v,
  max: Number(data.split(" ")[1]),
  hold: data.endsWith("hold"),
});

export function lockOf(tree: Tree): LockView | null {
  const node = tree.get(L);
  return node ? parseLock(node.data, node.version) : null;
}

/** Whether Chef's lock goes with our slot. */
export const mirrorIsOurs = (tree: Tree): boolean =>
  tree.get(M)?.data === "ours";

/** Whether Chef has it, or another lock of ours. */
export const mirrorIsOthers = (tree: Tree): boolean =>
  tree.has(M) && !mirrorIsOurs(tree);

/** `setData(L, same data, v)`: nothing changes but the version, and every grant under way fails. */
export const poison = (lock: LockView): Op => set(L, lockData(lock), lock.v);

export type MemberState = "held" | "repairing" | "failed";

/** What a holder's record says. */
export interface MemberData {
  state: MemberState;
  /** Something was recorded: the baseline, say. */
  recorded: boolean;
  /** It names Chef's lock. */
  mirror: boolean;
}

export const encodeMember = (m: MemberData): string =>
  m.state + (m.recorded ? " recorded" : "") + (m.mirror ? " mirror" : "");

export const decodeMember = (data: string): MemberData => ({
  state: data.split(" ")[0] as MemberState,
  recorded: data.includes(" recorded"),
  mirror: data.endsWith(" mirror"),
});

/** A holder: u on the page. */
export interface Member extends MemberData {
  path: string;
  slot: string;
  owner: string;
  uuid: string;
  version: number;
  lives: string[];
}

export interface Waiter {
  name: string;
  owner: string;
  uuid: string;
  seq: number;
}

export const slotPath = (slot: number): string => `${H}/${String(slot)}`;
export const ownerOf = (name: string): string => name.split("-")[0] ?? "";
export const uuidOf = (name: string): string => name.split("-")[1] ?? "";
/** The client that an uuid belongs to. */
export const clientOf = (uuid: string): string => uuid.slice(0, 1);

export function readMember(tree: Tree, path: string): Member | null {
  const node = tree.get(path);
  if (!node) return null;
  const name = nameOf(path);
  return {
    path,
    slot: path.slice(0, -name.length - 1),
    owner: ownerOf(name),
    uuid: uuidOf(name),
    ...decodeMember(node.data),
    version: node.version,
    lives: childrenOf(tree, path),
  };
}

export function membersOf(tree: Tree, slot: string): Member[] {
  return childrenOf(tree, slot)
    .map((name) => readMember(tree, `${slot}/${name}`))
    .filter((member) => member !== null);
}

export interface Slot {
  path: string;
  group: string;
  members: Member[];
}

export function slotsOf(tree: Tree): Slot[] {
  return childrenOf(tree, H).map((name) => {
    const path = `${H}/${name}`;
    return {
      path,
      group: tree.get(path)?.data ?? "",
      members: membersOf(tree, path),
    };
  });
}

export const holdersOf = (tree: Tree): Member[] =>
  slotsOf(tree).flatMap((slot) => slot.members);

export const parseWaiter = (name: string): Waiter => ({
  name,
  owner: ownerOf(name),
  uuid: uuidOf(name),
  seq: sequenceOf(name),
});

const bySequence = (a: Waiter, b: Waiter): number => a.seq - b.seq;

/** In the order of the queue. */
export const inOrder = (names: readonly string[]): Waiter[] =>
  names.map(parseWaiter).sort(bySequence);

/** Persistent children of W are no waiters. */
export const waitersOf = (tree: Tree): Waiter[] =>
  inOrder(
    childrenOf(tree, W).filter((name) => tree.get(`${W}/${name}`)?.session),
  );

/** Failed, or adopted from a failed one and not yet released. */
export const countsAsFailed = (member: { state: MemberState }): boolean =>
  member.state !== "held";
