/** How a step asks and hears; and the answer to a read. */
import type { Client, Read, Request, Terms } from "./client";
import { holdersOf, membersOf, readMember, type Member } from "./layout";
import { childrenOf, type Code, type Refusal, type Tree } from "./tree";

export interface Yes {
  ok: true;
  /** The path that a sequential create was given. */
  created: string;
  data: string;
  version: number;
  /** Goes with no session. */
  persistent: boolean;
  names: string[];
  members: Member[];
}
export type Answer = Yes | ({ ok: false } & Refusal);

export interface StepRules {
  /** The request of the step, or null when it asks nothing. */
  ask(c: Client, t: Terms): Request | null;
  hear(c: Client, t: Terms, answer: Answer): Client;
  /** LOSS: the outcome of a write is unknown; the same is asked again. */
  lose?(c: Client, t: Terms): Client;
}

export const yes = (part: Partial<Yes> = {}): Answer => ({
  ok: true,
  created: "",
  data: "",
  version: 0,
  persistent: false,
  names: [],
  members: [],
  ...part,
});

export const no = (code: Code, path: string): Answer => ({
  ok: false,
  code,
  path,
});

/** What a server that has got as far as this tree answers. */
export function read(tree: Tree, request: Read): Answer {
  const { path } = request;
  const node = tree.get(path);
  if (!node) return no("NO_NODE", path);
  const { data, version } = node;
  const persistent = node.session === "";
  switch (request.read) {
    case "data":
      return yes({ data, version, persistent });
    case "children":
      return yes({ data, version, names: childrenOf(tree, path) });
    case "slot":
      return yes({ data, members: membersOf(tree, path) });
    case "member": {
      const member = readMember(tree, path);
      const slot = member ? tree.get(member.slot) : undefined;
      return yes({ data: slot?.data ?? "", members: member ? [member] : [] });
    }
    case "holders":
      return yes({ members: holdersOf(tree) });
  }
}

/** The watches that a read leaves behind. */
export function watchesOf(request: Read, answer: Answer): string[] {
  const { path } = request;
  if (!request.watch) return [];
  if (!answer.ok) return path === "M" ? [`data:${path}`] : [];
  switch (request.read) {
    case "data":
      return [`data:${path}`];
    case "children":
    case "member":
      return [`children:${path}`];
    case "slot":
      return answer.members.flatMap((m) => [
        `children:${m.path}`,
        `data:${m.path}`,
      ]);
    case "holders":
      return [];
  }
}

/** Whether a watch fires between two trees that follow one another. */
export function fires(watch: string, before: Tree, after: Tree): boolean {
  const at = watch.indexOf(":");
  const path = watch.slice(at + 1);
  const was = before.get(path);
  const is = after.get(path);
  if (!was || !is) return was !== is;
  if (watch.startsWith("data:")) return was.version !== is.version;
  return childrenOf(before, path).join() !== childrenOf(after, path).join();
}
