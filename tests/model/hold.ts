/** RELIVE, RE-ASSERT, RECORD, ACT: from the grant to the end of the action. */
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
import { gone } from "./grant";
import { encodeMember, L, M } from "./layout";
import { ANY, check, create, set, type Op } from "./tree";

export const createLive = (c: Client, t: Terms): Request & { ops: Op[] } => ({
  ops: [create(`${holder(c, t)}/${liveName(c, t)}`, "", sid(c))],
});

export const lived = (c: Client, t: Terms): Client => ({
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

/** Nothing begins without the Chef lock that goes with the holder. */
const mirrorIsKept = (c: Client, t: Terms): Op[] =>
  c.data.mirror && t.has("CHEF-ACT") ? [check(M, 1)] : [];

export const RE_ASSERT: StepRules = {
  ask(c, t): Request {
    const u = holder(c, t);
    if (!t.has("REASSERT")) return { ops: [check(L)] };
    return {
      ops: [check(u), check(`${u}/${liveName(c, t)}`), ...mirrorIsKept(c, t)],
    };
  },
  hear(c, t, answer) {
    if (answer.ok) return to(c, t.records ? "RECORD" : "ACT");
    if (answer.path === M) return to(c, "FAIL");
    return answer.path === holder(c, t) ? gone(c) : to(c, "RELIVE");
  },
};

/** What is written into the own record before the act: the baseline, say. */
export const RECORD: StepRules = {
  ask(c, t): Request {
    const u = holder(c, t);
    if (c.phase === "barrier") return { ops: [check(u)] };
    if (c.phase === "read") return { read: "data", path: u };
    const version = t.has("RECORD-VERSION") ? c.version : ANY;
    const data = encodeMember({ ...c.data, recorded: true });
    return {
      ops: [
        check(`${u}/${liveName(c, t)}`),
        set(u, data, version),
        ...mirrorIsKept(c, t),
      ],
    };
  },
  hear(c, t, answer) {
    const u = holder(c, t);
    if (c.phase === "barrier")
      return answer.ok ? { ...c, phase: "read" } : gone(c);
    if (c.phase === "read")
      return answer.ok ? { ...c, phase: "", version: answer.version } : gone(c);
    if (answer.ok) {
      const data = { ...c.data, recorded: true };
      return to({ ...c, data, version: c.version + 1 }, "ACT");
    }
    if (answer.path === M) return to(c, "FAIL");
    if (answer.code === "BAD_VERSION") return { ...c, phase: "barrier" };
    return answer.path === u ? gone(c) : to(c, "RELIVE");
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
