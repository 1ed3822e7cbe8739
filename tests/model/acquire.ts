/** INIT, FAST, QUEUE, PLACE: from the wish for the lock to the head of the queue, or straight to the lock. */
import type { StepRules } from "./answer";
import {
  becomeHolder,
  countGrant,
  qcheck,
  sid,
  to,
  uuid,
  wait,
  type Client,
  type Request,
  type Terms,
} from "./client";
import { decide } from "./evaluate";
import { hearGrant, held, loseGrant, restart, takeMirror } from "./grant";
import {
  companion,
  estatePath,
  hearEstate,
  hearHead,
  hearKnown,
  hearMemory,
  hearSlots,
  leaveEstate,
} from "./heir";
import { follow, hearLine, hearLineHead } from "./line";
import { H, inOrder, L, lockData, parseLock, slotPath, W } from "./layout";
import { check, create, createSequential, nameOf, remove, set } from "./tree";

export const INIT: StepRules = {
  ask: (_, t) => ({
    ops: [
      create(L),
      set(L, lockData({ max: t.max, hold: false })),
      create(H),
      create(W),
    ],
  }),
  hear: (c) => to(c, "FAST", { lock: null }),
};

export const FAST: StepRules = {
  ask(c, t) {
    if (c.refusal) return qcheck(c, t);
    if (!c.lock) return { read: "data", path: L };
    if (t.process && c.phase === "")
      return { read: "data", path: estatePath(t.process) };
    if (c.phase === "slots") return { read: "children", path: H };
    if (c.phase === "beside") return beside(c, c.lock.v, t);
    const terms = { max: t.max, hold: false };
    return {
      ops: [
        c.lock.max === t.max
          ? check(L, c.lock.v)
          : set(L, lockData(terms), c.lock.v),
        remove(W),
        create(W),
        ...(t.has("FAST-FREE") && (t.max > 1 || c.lock.max > 1)
          ? [remove(H), create(H)]
          : []),
        create(slotPath(c.slot), t.group),
        ...becomeHolder(c, t, "held"),
        ...countGrant(t),
        ...(c.lock.max === t.max ? leaveEstate(c, t, false) : []),
        ...takeMirror(t),
      ],
    };
  },
  hear(c, t, answer) {
    if (!c.lock) {
      if (!answer.ok) return to(c, "INIT");
      const lock = parseLock(answer.data, answer.version);
      return lock.hold ? to(c, "QUEUE", { lock }) : { ...c, lock };
    }
    if (t.process && c.phase === "") return hearMemory(c, t, answer);
    if (c.phase === "slots") return hearSlots(c, t, answer);
    const { max, v } = c.lock;
    const written = max === t.max ? c.lock : { v: v + 1, max, hold: false };
    if (answer.ok && !c.refusal)
      return held({ ...c, lock: { ...written, max: t.max } }, t);
    return hearGrant(c, t, answer, (next, refusal) => {
      if (refusal.code === "BAD_VERSION" && refusal.path === L)
        return to(next, "FAST", { lock: null });
      if (c.phase === "beside") return to(next, "QUEUE");
      if (refusal.code === "NO_NODE") return to(next, "INIT");
      const beside = !t.has("FAST-FREE") && c.slot + 1 < t.max;
      if (beside && refusal.path === slotPath(c.slot))
        return { ...next, slot: c.slot + 1 };
      return to(next, "QUEUE");
    });
  },
  lose: (c) => (c.lock ? loseGrant(c) : c),
};

/** FAST where others of the process hold: all who do are known as long as no grant was counted since. */
const beside = (c: Client, v: number, t: Terms): Request => ({
  ops: [
    check(L, v),
    ...(t.has("BESIDE-NONE-WAIT") ? [remove(W), create(W)] : []),
    ...(t.has("COMPANION") ? [check(companion(c))] : []),
    ...countGrant(t, c.count),
    create(slotPath(c.slot), t.group),
    ...becomeHolder(c, t, "held"),
    ...leaveEstate(c, t, false),
  ],
});

export const QUEUE: StepRules = {
  ask: (c, t) => ({
    ops: [
      createSequential(`${W}/${t.owner}-${uuid(c)}-`, sid(c), t.process !== ""),
    ],
  }),
  hear(c, t, answer) {
    if (!answer.ok) return to(c, "INIT");
    // after a doubt there may be two: the name is known once PLACE has seen one alone
    const sure = !c.doubt || !t.has("NAME-KNOWN") || !t.has("DUPLICATES");
    const waiter = sure ? nameOf(answer.created) : null;
    const queued = { waiter, queued: true, doubt: false, patient: true };
    if (!t.has("SLOTS-AFTER-W")) return to(c, "EVAL", queued);
    const phase = t.process && waiter !== null ? "line" : "";
    return to(c, "PLACE", { ...queued, phase });
  },
  lose: (c) => ({ ...c, doubt: true, queued: true }),
};

export const PLACE: StepRules = {
  ask(c, t) {
    switch (c.phase) {
      case "delete":
        return { ops: [remove(`${W}/${c.todo[0] ?? ""}`)] };
      case "holders":
        return { read: "holders", path: H };
      case "line":
        return { read: "data", path: `${W}/${c.waiter ?? ""}` };
      case "head":
      case "follow":
        return { read: "data", path: `${W}/${c.sight}` };
      case "estate":
      case "known":
      case "line head":
        return { read: "data", path: estatePath(t.process) };
      case "watch":
        return { read: "data", path: `${W}/${c.todo[0] ?? ""}`, watch: true };
      default:
        return { read: "children", path: W };
    }
  },
  hear(c, t, answer) {
    const again = { phase: "", todo: [], watches: [], woken: false };
    switch (c.phase) {
      case "delete":
        return { ...c, ...again };
      case "line":
        return hearLine(c, t, answer);
      case "follow":
        return follow(c, t, answer);
      case "line head":
        return hearLineHead(c, t, answer);
      case "head":
        return hearHead(c, answer);
      case "known":
        return hearKnown(c, t, answer);
      case "estate":
        return hearEstate(c, t, answer);
      case "holders": {
        const members = answer.ok ? answer.members : [];
        const own = members.find((m) => m.owner === t.owner);
        if (own) {
          const old = { path: own.path, state: own.state };
          return to(c, "OWN", { old, watches: [], woken: false });
        }
        if (c.lock && c.lock.max !== t.max)
          return to(c, "RESOLVE", { giveUp: true, watches: [], woken: false });
        return { ...c, phase: "watch" };
      }
      case "watch": {
        if (!answer.ok) return { ...c, ...again };
        const todo = c.todo.slice(1);
        return todo.length > 0 ? { ...c, todo } : wait(c);
      }
      default:
        return place(c, t, answer.ok ? answer.names : []);
    }
  },
};

function place(c: Client, t: Terms, names: readonly string[]): Client {
  const queue = inOrder(names);
  const mine = queue.filter((waiter) => waiter.uuid === uuid(c));
  const [lowest, ...others] = mine;
  if (!lowest) return restart(c);
  const known = !t.has("DUPLICATES") && mine.find((w) => w.name === c.waiter);
  const own = known || lowest;
  if (others.length > 0 && t.has("DUPLICATES")) {
    const todo = others.map((other) => other.name);
    return { ...c, phase: "delete", todo };
  }
  const ahead = queue.filter((other) => other.seq < own.seq);
  const before = ahead.at(-1);
  const kept = { ...c, waiter: own.name };
  if (!before) {
    const first = { ...kept, first: true };
    return c.found ? decide(first, t, c.found) : to(first, "EVAL");
  }
  const family = ahead.filter((other) => other.owner === t.owner).at(-1);
  const todo = [before.name];
  if (family && family !== before && t.has("OWN-QUEUE")) todo.push(family.name);
  const rest = { ...kept, found: null, first: false, todo };
  if (!t.process) return { ...rest, phase: "holders" };
  return { ...rest, ahead: before.name, phase: "head", sight: ahead[0]!.name };
}
