/** RELEASE, FAIL: how a run ends that holds the lock. */
import type { Answer, StepRules } from "./answer";
import {
  holder,
  sid,
  to,
  uuid,
  type Client,
  type Request,
  type Terms,
} from "./client";
import { gone, over, release } from "./grant";
import { createLive, lived } from "./hold";
import {
  encodeMember,
  L,
  lockData,
  M,
  parseLock,
  poison,
  slotPath,
} from "./layout";
import { ANY, check, nameOf, remove, set, type Op } from "./tree";

/** The act is over. Nothing of this holder may come to life any more: the answer to its last RELIVE comes first. */
export const acted = (c: Client, t: Terms): Client => last(c, t, release(c));

export const failed = (c: Client, t: Terms): Client =>
  last(c, t, to(c, "FAIL"));

function last(c: Client, t: Terms, next: Client): Client {
  if (!c.relive) return next;
  if (t.has("LAST-RELIVE")) return { ...next, phase: "relive" };
  const { ops } = createLive(c, t);
  return { ...next, relive: false, late: c.late ?? { session: sid(c), ops } };
}

/** The phase that a RELEASE or FAIL begins with once no RELIVE is under way. */
export const afterRelive = (c: Client): string =>
  c.step === "RELEASE" && c.everGd ? "poison" : "";

function hearRelive(c: Client, t: Terms, answer: Answer): Client {
  const there = answer.ok || answer.code === "NODE_EXISTS";
  const next = there ? lived(c, t) : { ...c, relive: false };
  const todo = c.step === "RELEASE" && next.live ? [next.live] : [];
  return { ...next, todo, phase: afterRelive(c) };
}

export const RELEASE: StepRules = {
  ask(c, t): Request {
    const u = holder(c, t);
    if (c.phase === "relive") return createLive(c, t);
    if (c.phase === "poison")
      return c.lock ? { ops: [poison(c.lock)] } : { read: "data", path: L };
    if (c.phase === "lives") return { read: "children", path: u };
    if (c.phase === "others") return { read: "slot", path: slotPath(c.slot) };
    return {
      ops: [
        ...c.todo.map((live) => remove(`${u}/${live}`)),
        remove(u),
        ...leaving(c),
      ],
    };
  },
  hear(c, t, answer) {
    const u = holder(c, t);
    if (c.phase === "relive") return hearRelive(c, t, answer);
    if (c.phase === "poison") {
      if (c.lock || !answer.ok) return { ...c, phase: "" };
      return { ...c, lock: parseLock(answer.data, answer.version) };
    }
    if (c.phase === "lives")
      return { ...c, phase: "", todo: answer.ok ? answer.names : [] };
    if (c.phase === "others") return hearOthers(c, t, answer);
    if (answer.ok) return over(c);
    const { code, path } = answer;
    if (path === u && code === "NO_NODE") return c.doubt ? over(c) : gone(c);
    if (path.startsWith(u)) return { ...c, phase: "lives" };
    // gone, or another's: without it
    if (path === M) return { ...c, data: { ...c.data, mirror: false } };
    if (path !== slotPath(c.slot)) return { ...c, others: null };
    return t.has("WITNESS")
      ? { ...c, phase: "others" }
      : { ...c, others: [], frees: false };
  },
  lose: (c) => (c.phase === "" ? { ...c, doubt: true } : c),
};

/** Chef's lock stays with those who name it. Only if none of the others does, it goes with the last who did. */
function hearOthers(c: Client, t: Terms, answer: Answer): Client {
  const u = holder(c, t);
  const members = answer.ok ? answer.members : [];
  const others = members.filter(({ path }) => path !== u);
  const naming = others.find(({ mirror }) => mirror);
  const frees = c.data.mirror && !naming && t.has("CHEF-LEAVE");
  const checked = frees ? others : others.slice(0, 1);
  const named = naming && c.data.mirror ? [naming] : checked;
  const names = named.map(({ path }) => nameOf(path));
  return { ...c, phase: "", others: names.length > 0 ? names : null, frees };
}

/** The last one out frees the slot; any other proves that somebody stays in it. */
function leaving(c: Client): Op[] {
  const slot = slotPath(c.slot);
  const mirror = c.data.mirror ? [remove(M, 1)] : [];
  if (c.others === null) return [remove(slot), ...mirror];
  const stays = c.others.map((name) => check(`${slot}/${name}`));
  return c.frees ? [...stays, ...mirror] : stays;
}

export const FAIL: StepRules = {
  ask(c, t): Request {
    if (c.phase === "relive") return createLive(c, t);
    if (c.phase === "barrier") return { ops: [check(L)] };
    if (!c.lock) return { read: "data", path: L };
    const u = holder(c, t);
    const v = t.has("FAIL-VERSION") ? c.lock.v : ANY;
    return {
      ops: [
        set(u, encodeMember({ ...c.data, state: "failed" })),
        ...(c.live === null ? [] : [remove(`${u}/${c.live}`)]),
        ...(t.has("FAIL-BUMP") ? [set(L, lockData(c.lock), v)] : []),
      ],
    };
  },
  hear(c, t, answer) {
    if (c.phase === "relive") return hearRelive(c, t, answer);
    if (c.phase === "barrier") return { ...c, phase: "" };
    if (!c.lock) {
      if (answer.ok)
        return { ...c, lock: parseLock(answer.data, answer.version) };
      return t.has("FAIL-QUORUM") ? { ...c, phase: "barrier" } : gone(c);
    }
    if (answer.ok) {
      const lock = t.has("FAIL-BUMP") ? { ...c.lock, v: c.lock.v + 1 } : c.lock;
      return over({ ...c, lock });
    }
    if (answer.code === "BAD_VERSION") return { ...c, lock: null };
    if (answer.path !== holder(c, t)) return { ...c, live: null };
    return c.doubt ? over(c) : gone(c);
  },
  lose: (c) => (c.lock && c.phase === "" ? { ...c, doubt: true } : c),
};

/** The holder stays as it is, for the next run of its owner. */
export const ABANDON: StepRules = {
  ask: (c, t) => ({ ops: [remove(`${holder(c, t)}/${c.live ?? ""}`)] }),
  hear: (c) => ({ ...over(c), left: uuid(c) }),
};
