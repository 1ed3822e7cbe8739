/**
 * Who is before a waiter, without a list: its own number tells who was the last in the queue when it came. If that one
 * and all before it, up to the head, are of one process, this process knows them all.
 */
import type { Answer } from "./answer";
import type { Client, Terms } from "./client";
import { estateOf, hearKnown } from "./heir";
import { clientOf, ownerOf, uuidOf } from "./layout";

const isMate = (name: string, t: Terms): boolean =>
  name !== "" && t.mates.includes(clientOf(uuidOf(name)));

/** The queue is listed after all. */
const list = (c: Client): Client => ({
  ...c,
  phase: "",
  todo: [],
  ahead: "",
  sight: "",
});

/** The one before. */
export function hearLine(c: Client, t: Terms, answer: Answer): Client {
  if (!answer.ok || !isMate(answer.data, t)) return list(c);
  const ahead = answer.data;
  const next = { ...c, ahead, sight: ahead, todo: [ahead], first: false };
  return { ...next, phase: t.has("LINE-KNOWN") ? "follow" : "holders" };
}

/** One of the line: does it stand there still, and behind whom did it come? */
export function follow(c: Client, t: Terms, answer: Answer): Client {
  if (!answer.ok) return list(c);
  const family = ownerOf(c.sight) === t.owner && c.todo.length === 1;
  const other = family && c.sight !== c.ahead && t.has("OWN-QUEUE");
  const todo = other ? [...c.todo, c.sight] : c.todo;
  return { ...c, todo, sight: answer.data, phase: "line head" };
}

/** It is the head if whom it stood behind is the last that was granted. */
export function hearLineHead(c: Client, t: Terms, answer: Answer): Client {
  if (c.sight === "") return { ...c, phase: "holders" };
  if (estateOf(answer)?.of === c.sight) return hearKnown(c, t, answer);
  return isMate(c.sight, t) ? { ...c, phase: "follow" } : list(c);
}
