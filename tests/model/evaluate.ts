/** EVAL: what the first waiter may do. */
import type { Answer, StepRules } from "./answer";
import {
  slotNumber,
  to,
  wait,
  type Client,
  type Findings,
  type Request,
  type Terms,
} from "./client";
import { HELD } from "./grant";
import {
  countsAsFailed,
  decodeMember,
  H,
  L,
  ownerOf,
  parseLock,
  type Member,
} from "./layout";
import { seeing } from "./heir";
import { nameOf, parentOf } from "./tree";

const NOTHING: Findings = {
  failed: 0,
  troubled: false,
  taken: [],
  empty: [],
  own: null,
  group: null,
};

/** Drops what was read, keeps nothing watched: the next EVAL starts clean. */
const afresh = { found: null, watches: [], woken: false, phase: "", todo: [] };

export const EVAL: StepRules = {
  ask(c, t): Request {
    const path = c.todo[0] ?? "";
    if (!c.lock || c.lock.hold)
      return { read: "data", path: L, watch: t.has("HOLD-WATCH") };
    if (c.phase === "") return { read: "children", path: H, watch: true };
    const watch = t.has("MEMBER-WATCH");
    if (c.phase === "slot")
      return t.fine
        ? { read: "children", path }
        : { read: "slot", path, watch };
    return { read: c.phase === "data" ? "data" : "children", path, watch };
  },
  hear(c, t, answer) {
    if (!c.lock || c.lock.hold) {
      if (!answer.ok) return to(c, "INIT");
      const lock = parseLock(answer.data, answer.version);
      if (lock.hold) return wait({ ...c, lock });
      return {
        ...c,
        lock,
        watches: c.watches.filter((w) => w !== `data:${L}`),
      };
    }
    if (c.phase === "") {
      const names = answer.ok ? answer.names : [];
      const todo = names.map((name) => `${H}/${name}`);
      const found = { ...NOTHING, taken: names.map(Number) };
      const look = { found, todo, sight: "", phase: "slot" };
      return next({ ...c, ...look }, t, found);
    }
    const { found } = c;
    if (!found) return { ...c, ...afresh };
    if (!answer.ok) {
      const skip = c.phase !== "slot" && !t.has("MEMBER-GONE");
      return skip ? nextMember(c, t, found) : { ...c, ...afresh };
    }
    return c.phase === "slot"
      ? hearSlot(c, t, answer, found)
      : hearMember(c, t, answer, found);
  },
};

function hearSlot(c: Client, t: Terms, answer: Answer, f: Findings): Client {
  if (!answer.ok) return c;
  const slot = slotNumber(c.todo[0] ?? "");
  const count = t.fine ? answer.names.length : answer.members.length;
  const group =
    count > 0 && answer.data === t.group
      ? { slot, members: count, failed: false, mirror: false, bare: false }
      : f.group;
  const empty = count === 0 ? [...f.empty, slot] : f.empty;
  let found: Findings = { ...f, group, empty };
  if (!t.fine) {
    for (const member of answer.members) found = counted(found, t, member);
    const sight = t.process
      ? seeing(c.sight, slot, answer.data, answer.members)
      : "";
    return next({ ...c, sight, todo: c.todo.slice(1) }, t, found);
  }
  const members = answer.names.map((name) => `${c.todo[0] ?? ""}/${name}`);
  const todo = [...members, ...c.todo.slice(1)];
  return nextMember({ ...c, todo: ["", ...todo] }, t, found);
}

/** One member read in two steps: its data, then its children. */
function hearMember(c: Client, t: Terms, answer: Answer, f: Findings): Client {
  if (!answer.ok) return c;
  const path = c.todo[0] ?? "";
  if (c.phase === "data") {
    const { version } = answer;
    const old = { path, version, ...decodeMember(answer.data) };
    return { ...c, phase: "children", old };
  }
  const old = c.old ?? { path, version: 0, ...HELD };
  const owner = ownerOf(nameOf(path));
  const slot = parentOf(path);
  const lives = answer.names;
  const member = { ...old, slot, owner, uuid: "", lives };
  return nextMember({ ...c, old: null }, t, counted(f, t, member));
}

function nextMember(c: Client, t: Terms, found: Findings): Client {
  const todo = c.todo.slice(1);
  const isMember = (todo[0] ?? "").split("/").length > 3;
  return next({ ...c, todo, phase: isMember ? "data" : "slot" }, t, found);
}

const next = (c: Client, t: Terms, found: Findings): Client =>
  c.todo.length > 0 ? { ...c, found } : evaluated(c, t, found);

function counted(f: Findings, t: Terms, member: Member): Findings {
  const failed = countsAsFailed(member);
  const mine = f.group?.slot === slotNumber(member.slot);
  return {
    ...f,
    failed: f.failed + (failed ? 1 : 0),
    troubled: f.troubled || failed || member.lives.length === 0,
    own: member.owner === t.owner ? member.path : f.own,
    group: mine && f.group ? withMate(f.group, member) : f.group,
  };
}

const withMate = (
  group: NonNullable<Findings["group"]>,
  mate: Member,
): Findings["group"] => ({
  ...group,
  failed: group.failed || countsAsFailed(mate),
  mirror: group.mirror || mate.mirror,
  bare: group.bare || !mate.mirror,
});

/** All is read. (Before the list of W it would be too early: the rule SLOTS-AFTER-W.) */
const evaluated = (c: Client, t: Terms, found: Findings): Client =>
  t.has("SLOTS-AFTER-W") || c.first
    ? decide(c, t, found)
    : to(c, "PLACE", { found, watches: [], woken: false });

export function decide(c: Client, t: Terms, found: Findings): Client {
  const { own, group } = found;
  if (own) {
    return to(c, "OWN", { ...afresh, old: { path: own, version: 0, ...HELD } });
  }
  const giveUp = { ...afresh, giveUp: true };
  if (c.lock && c.lock.max !== t.max) return to(c, "RESOLVE", giveUp);
  const stopped = t.has("EVAL-FAILED") && found.failed >= t.maxFailures;
  if (!stopped && group && !group.failed && group.members < t.maxPerGroup) {
    const { slot, mirror, bare } = group;
    const waits = t.chef && bare && t.has("CHEF-JOIN");
    const data = { ...HELD, mirror };
    const looks = (t.chef || mirror) && t.has("CHEF-JOIN");
    if (!waits && looks)
      return to(c, "JOIN", { found: null, phase: "mirror", slot, data });
    if (!waits) return to(c, "JOIN", { ...afresh, slot, data });
  }
  if (!stopped && !(group && t.has("ONE-SLOT")))
    for (let slot = 0; slot < t.max; slot++) {
      const recreate = found.empty.includes(slot);
      if (recreate || !found.taken.includes(slot))
        return to(c, "TAKE", { ...afresh, slot, recreate });
    }
  if (t.onFailedHolder === "fail" && found.troubled)
    return to(c, "RESOLVE", giveUp);
  const shortcut = !group && (!stopped || !t.has("SHORTCUT-FAILED"));
  return wait(c, { shortcut });
}
