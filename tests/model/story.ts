/** Requests and replies in words, for the story of a violation. */
import type { Answer } from "./answer";
import type { Client, Read } from "./client";
import { lockOf, slotsOf, waitersOf } from "./layout";
import { ANY, type Op, type Tree } from "./tree";

const version = (v: number): string => (v === ANY ? "" : ` v${String(v)}`);

function tellOp(op: Op): string {
  switch (op.op) {
    case "check":
      return `check ${op.path}${version(op.version)}`;
    case "create":
      return `create ${op.path}${op.data ? ` = ${op.data}` : ""}`;
    case "delete":
      return `delete ${op.path}${version(op.version)}`;
    case "set":
      return `set ${op.path} = ${op.data}${version(op.version)}`;
  }
}

export function tellOps(ops: readonly Op[]): string {
  const [only] = ops;
  if (only && ops.length === 1 && only.op !== "check") return tellOp(only);
  return `multi[${ops.map(tellOp).join(", ")}]`;
}

export const tellRead = (request: Read): string =>
  `read ${request.read} of ${request.path}${request.watch ? ", watched" : ""}`;

export function tellAnswer(answer: Answer): string {
  if (!answer.ok) return `${answer.code} ${answer.path}`;
  const members = answer.members.map(
    (m) => `${m.path}=${m.state}${m.lives.length > 0 ? " live" : ""}`,
  );
  const listed = [...answer.names, ...members];
  if (listed.length > 0) return `[${listed.join(", ")}]`;
  if (answer.created) return `OK ${answer.created}`;
  return answer.data ? `"${answer.data}" v${String(answer.version)}` : "OK";
}

/** Where everything stands: L, the queue, the slots, the clients. */
export function tellState(tree: Tree, clients: readonly Client[]): string {
  const lock = lockOf(tree);
  const slots = slotsOf(tree).map((slot) => {
    const members = slot.members.map(
      (m) =>
        `${m.owner}-${m.uuid} ${m.state}${m.lives.length > 0 ? " live" : ""}`,
    );
    return `slot ${slot.path.slice(-1)} of ${slot.group}: ${members.join(" + ") || "empty"}`;
  });
  const queue = waitersOf(tree).map((waiter) => waiter.name);
  const steps = clients.map((c) => `${c.name} ${c.step}`);
  return [
    lock ? `L v${String(lock.v)}${lock.hold ? " on hold" : ""}` : "no L",
    slots.join("; ") || "nobody holds",
    `waiting: ${queue.join(", ") || "nobody"}`,
    steps.join(", "),
  ].join(" | ");
}
