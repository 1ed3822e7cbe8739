/** RELIVE, RE-ASSERT, ACT, RELEASE, FAIL: from the grant to the end of the run. */
import { over, release } from "./grant";
import type { StepRules } from "./answer";
import {
  holder,
  liveName,
  sid,
  to,
  type Client,
  type Request,
  type Terms,
} from "./client";
import { L, lockData, M, parseLock, poison, slotPath } from "./layout";
import { ANY, check, create, nameOf, remove, set, type Op } from "./tree";

/** Cleared or adopted: stop, and say so. */
const gone = (c: Client): Client => ({ ...over(c), toldGone: true });

const createLive = (c: Client, t: Terms): Request => ({
  ops: [create(`${holder(c, t)}/${liveName(c, t)}`, "", sid(c))],
});

const lived = (c: Client, t: Terms): Client => ({
  ...c,
  relive: false,
  live: liveName(c, t),
});

export const RELIVE: StepRules = {
  ask: createLive,
  hear: (c, t, answer) =>
    answer.ok || answer.code === "NODE_EXISTS"
      ? to(lived(c, t), "RE-ASSERT")
      : gone(c),
};

export const RE_ASSERT: StepRules = {
  ask(c, t): Request {
    const u = holder(c, t);
    if (!t.has("REASSERT")) return { ops: [check(L)] };
    return { ops: [check(u), check(`${u}/${liveName(c, t)}`)] };
  },
  hear(c, t, answer) {
    if (answer.ok) return to(c, "ACT");
    return answer.path === holder(c, t) ? gone(c) : to(c, "RELIVE");
  },
};

/** The action goes on whatever the session does; meanwhile a new session makes itself known. */
export const ACT: StepRules = {
  ask: (c, t) => (c.relive ? createLive(c, t) : null),
  hear(c, t, answer) {
    const there = answer.ok || answer.code === "NODE_EXISTS";
    return there ? lived(c, t) : { ...c, relive: false };
  },
};

export const acted = (c: Client): Client => release({ ...c, relive: false });
export const failed = (c: Client): Client => to(c, "FAIL", { relive: false });

/** Chef's lock goes with the slot. */
const leaveMirror = (t: Terms): Op[] => (t.chef ? [remove(M, 1)] : []);

export const RELEASE: StepRules = {
  ask(c, t): Request {
    const u = holder(c, t);
    if (c.phase === "poison")
      return c.lock ? { ops: [poison(c.lock)] } : { read: "data", path: L };
    if (c.phase === "lives") return { read: "children", path: u };
    if (c.phase === "others")
      return { read: "children", path: slotPath(c.slot) };
    return {
      ops: [
        ...c.todo.map((live) => remove(`${u}/${live}`)),
        remove(u),
        ...leaving(c, t),
      ],
    };
  },
  hear(c, t, answer) {
    const u = holder(c, t);
    const names = answer.ok ? answer.names : [];
    if (c.phase === "poison") {
      if (c.lock || !answer.ok) return { ...c, phase: "" };
      return { ...c, lock: parseLock(answer.data, answer.version) };
    }
    if (c.phase === "lives") return { ...c, phase: "", todo: names };
    if (c.phase === "others") {
      const other = names.find((name) => name !== nameOf(u)) ?? null;
      return { ...c, phase: "", other };
    }
    if (answer.ok) return over(c);
    const { code, path } = answer;
    if (path === u && code === "NO_NODE") return c.doubt ? over(c) : gone(c);
    if (path.startsWith(u)) return { ...c, phase: "lives" };
    if (path !== slotPath(c.slot)) return { ...c, phase: "", other: null };
    return t.has("WITNESS")
      ? { ...c, phase: "others" }
      : { ...c, phase: "", other: "-" };
  },
  lose: (c) => (c.phase === "" ? { ...c, doubt: true } : c),
};

/** The last one out frees the slot; any other proves that somebody stays in it. */
function leaving(c: Client, t: Terms): Op[] {
  const slot = slotPath(c.slot);
  if (c.other === null) return [remove(slot), ...leaveMirror(t)];
  return c.other === "-" ? [] : [check(`${slot}/${c.other}`)];
}

export const FAIL: StepRules = {
  ask(c, t): Request {
    if (!c.lock) return { read: "data", path: L };
    const u = holder(c, t);
    const v = t.has("FAIL-VERSION") ? c.lock.v : ANY;
    return {
      ops: [
        set(u, "failed"),
        ...(c.live === null ? [] : [remove(`${u}/${c.live}`)]),
        ...(t.has("FAIL-BUMP") ? [set(L, lockData(c.lock), v)] : []),
      ],
    };
  },
  hear(c, t, answer) {
    if (!c.lock)
      return answer.ok
        ? { ...c, lock: parseLock(answer.data, answer.version) }
        : c;
    if (answer.ok) {
      const lock = t.has("FAIL-BUMP") ? { ...c.lock, v: c.lock.v + 1 } : c.lock;
      return over({ ...c, lock });
    }
    if (answer.code === "BAD_VERSION") return { ...c, lock: null };
    if (answer.path !== holder(c, t)) return { ...c, live: null };
    return c.doubt ? over(c) : gone(c);
  },
  lose: (c) => (c.lock ? { ...c, doubt: true } : c),
};
