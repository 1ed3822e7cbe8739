/** INIT, FAST, QUEUE, PLACE: from the wish for the lock to the head of the queue, or straight to the lock. */
import type { StepRules } from "./answer";
import {
  becomeHolder,
  qcheck,
  sid,
  to,
  uuid,
  wait,
  type Client,
  type Terms,
} from "./client";
import { decide } from "./evaluate";
import {
  hearGrant,
  held,
  loseGrant,
  recordOf,
  restart,
  takeMirror,
} from "./grant";
import { estatePath, hearEstate, hearHead, hearKnown } from "./heir";
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
    const terms = { max: t.max, hold: false };
    return {
      ops: [
        c.lock.max === t.max
          ? check(L, c.lock.v)
          : set(L, lockData(terms), c.lock.v),
        ...(t.has("FAST-NONE-WAIT") ? [remove(W), create(W)] : []),
        ...(t.has("FAST-FREE") && (t.max > 1 || c.lock.max > 1)
          ? [remove(H), create(H)]
          : []),
        create(slotPath(c.slot), t.group),
        ...becomeHolder(c, t, recordOf(t)),
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
    const { max, v } = c.lock;
    const written = max === t.max ? c.lock : { v: v + 1, max, hold: false };
    const grant = { ...c, data: recordOf(t) };
    if (answer.ok && !c.refusal)
      return held({ ...grant, lock: { ...written, max: t.max } }, t);
    return hearGrant(grant, t, answer, (next, refusal) => {
      if (refusal.code === "BAD_VERSION" && refusal.path === L)
        return to(next, "FAST", { lock: null });
      if (refusal.code === "NO_NODE") return to(next, "INIT");
      const beside = !t.has("FAST-FREE") && c.slot + 1 < t.max;
      if (beside && refusal.path === slotPath(c.slot))
        return { ...next, slot: c.slot + 1 };
      return to(next, "QUEUE");
    });
  },
  lose: (c, t) => (c.lock ? loseGrant({ ...c, data: recordOf(t) }) : c),
};

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
    return to(c, t.has("SLOTS-AFTER-W") ? "PLACE" : "EVAL", queued);
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
      case "head":
        return { read: "data", path: `${W}/${c.sight}` };
      case "estate":
      case "known":
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
          const { path, state, recorded, mirror, version } = own;
          const old = { path, state, recorded, mirror, version };
          return to(c, "OWN", { old, watches: [], woken: false });
        }
        if (c.lock && c.lock.max !== t.max)
          return to(c, "RESOLVE", { giveUp: true, watches: [], woken: false });
        return { ...c, phase: "watch" };
      }
      case "watch": {
        if (!answer.ok) return { ...c, ...again };
        if (answer.persistent && t.has("FOREIGN-WAITER"))
          return { ...c, ...again, foreign: [...c.foreign, c.todo[0] ?? ""] };
        const todo = c.todo.slice(1);
        return todo.length > 0 ? { ...c, todo } : wait(c);
      }
      default:
        return place(c, t, answer.ok ? answer.names : []);
    }
  },
};

function place(c: Client, t: Terms, names: readonly string[]): Client {
  const queue = inOrder(names.filter((name) => !c.foreign.includes(name)));
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
