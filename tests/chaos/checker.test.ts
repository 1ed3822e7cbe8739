import { expect } from "chai";
import type { Rule } from "./checker";
import {
  check,
  create,
  L,
  record,
  recorded,
  remove,
  Script,
  set,
} from "./script";
import { CHEF_LOCK } from "./strangers";

describe("the checker of histories", () => {
  it("finds nothing in one where all is well", () => {
    const script = new Script({ max: 2 })
      .grant(0, "a-1")
      .queue("b-1-0000000000")
      .grant(1, "b-1", { waiter: "b-1-0000000000" })
      .wrote({ kind: "act", holder: "a-1" })
      .wrote({ kind: "acted", holder: "a-1", since: "3", ended: 0 })
      .release(0, "a-1")
      .release(1, "b-1")
      .grant(0, "c-1")
      .grant(1, "d-1", { beside: "0/c-1" })
      .release(0, "c-1")
      .release(1, "d-1");
    expect(script.rules()).to.deep.equal([]);
  });

  const violations: Partial<Record<Rule, () => Script>> = {
    "too many groups": () =>
      new Script()
        .grant(0, "a-1")
        .queue("b-1-0000000000")
        .grant(1, "b-1", { waiter: "b-1-0000000000" })
        .release(0, "a-1")
        .release(1, "b-1"),
    "a group in two slots": () =>
      new Script({ max: 2 })
        .grant(0, "a-1", { group: "g" })
        .queue("b-1-0000000000")
        .grant(1, "b-1", { group: "g", waiter: "b-1-0000000000" })
        .release(0, "a-1")
        .release(1, "b-1"),
    "too many of a group": () => {
      const script = new Script({ perGroup: 1 })
        .grant(0, "a-1", { group: "g" })
        .queue("b-1-0000000000")
        .grant(0, "b-1", { group: "g", waiter: "b-1-0000000000", join: true })
        .wrote({ kind: "releasing", holder: "b-1" });
      script.add([
        remove(`${L}/holders/0/b-1/l-1`),
        remove(`${L}/holders/0/b-1`),
      ]);
      return script.release(0, "a-1");
    },
    "an owner twice": () =>
      new Script({ max: 2 })
        .grant(0, "a-1")
        .queue("a-2-0000000000")
        .grant(1, "a-2", { waiter: "a-2-0000000000" })
        .release(0, "a-1")
        .release(1, "a-2"),
    "granted on hold": () => {
      const script = new Script();
      const hold = { why: "w", by: "b", since: "2026" };
      const data = JSON.stringify({ v: 1, max: 1, hold });
      script.add([set(L, data), recorded("hold")]);
      return script.grant(0, "a-1").release(0, "a-1");
    },
    "granted past failures": () =>
      new Script({ max: 2 })
        .grant(0, "a-1")
        .fail(0, "a-1")
        .queue("b-1-0000000000")
        .grant(1, "b-1", { waiter: "b-1-0000000000" })
        .release(1, "b-1")
        .release(0, "a-1"),
    "joined a failed member": () => {
      const script = new Script({ maxFailures: 2 })
        .grant(0, "a-1", { group: "g" })
        .fail(0, "a-1")
        .queue("b-1-0000000000")
        .grant(0, "b-1", { group: "g", waiter: "b-1-0000000000", join: true })
        .wrote({ kind: "releasing", holder: "b-1" });
      script.add([
        remove(`${L}/holders/0/b-1/l-1`),
        remove(`${L}/holders/0/b-1`),
      ]);
      return script.release(0, "a-1");
    },
    "not the first in the queue": () => {
      const script = new Script()
        .queue("a-1-0000000000")
        .queue("b-1-0000000001")
        .grant(0, "b-1", { waiter: "b-1-0000000001" })
        .release(0, "b-1");
      return script
        .grant(0, "a-1", { waiter: "a-1-0000000000" })
        .release(0, "a-1");
    },
    "adopted a live holder": () => {
      const script = new Script().grant(0, "a-1");
      script.add([
        check(L),
        remove(`${L}/holders/0/a-1`),
        create(`${L}/holders/0/a-2`),
        set(`${L}/holders/0/a-2`, record("held")),
      ]);
      script.add([remove(`${L}/holders/0/a-1/l-1`)]);
      return script.release(0, "a-2");
    },
    "freed by somebody else": () =>
      new Script().grant(0, "a-1").release(0, "a-1", false),
    "freed by a crash": () => {
      const script = new Script();
      script.add([
        check(L),
        create(`${L}/holders/0`, "g", true),
        create(`${L}/holders/0/a-1`, "", true),
      ]);
      script.add([], "s", true);
      return script;
    },
    "lost wake-up": () =>
      new Script()
        .queue("a-1-0000000000")
        .later(30_000)
        .grant(0, "a-1", { waiter: "a-1-0000000000" })
        .release(0, "a-1"),
    "never answered": () =>
      new Script().wrote({ kind: "ask", attempt: "x", lock: L, owner: "a" }),
    "wrong token": () =>
      new Script()
        .grant(0, "a-1")
        .release(0, "a-1")
        .wrote({
          ...{ kind: "hold", attempt: "b", lock: L, owner: "b", group: "b" },
          ...{ holder: "b-1", token: "7", of: 0 },
        }),
    "acted together": () =>
      new Script()
        .grant(0, "a-1")
        .release(0, "a-1")
        .grant(0, "b-1")
        .release(0, "b-1")
        .wrote({ kind: "acted", holder: "a-1", since: "1", ended: 0 })
        .wrote({ kind: "acted", holder: "b-1", since: "2", ended: 0 }),
    "granted to nobody": () => {
      const script = new Script();
      script.add([
        check(L),
        create(`${L}/holders/0`, "g"),
        create(`${L}/holders/0/a-1`),
        create(`${L}/holders/0/a-1/l-1`, "", true),
      ]);
      script
        .wrote({ kind: "session", session: "s", of: 0, time: 0 })
        .later(15_000);
      script.add([], "s", true);
      script.wrote({ kind: "clearing", holder: "a-1" });
      script.add([remove(`${L}/holders/0/a-1`), remove(`${L}/holders/0`)]);
      return script;
    },
    "seemed dead": () =>
      new Script()
        .grant(0, "a-1")
        .wrote({ kind: "session", session: "t", of: 0, time: 0 }, 2e9)
        .wrote({ kind: "acted", holder: "a-1", since: "1", ended: 0 }, 20e9)
        .release(0, "a-1"),
    "an empty slot": () => {
      const script = new Script();
      script.add([create(`${L}/holders/0`, "g")]);
      script.add([remove(`${L}/holders/0`)]);
      return script;
    },
    "adopted as if it had not failed": () => {
      const script = new Script().grant(0, "a-1").fail(0, "a-1");
      script.add([
        check(L),
        remove(`${L}/holders/0/a-1`),
        create(`${L}/holders/0/a-2`),
        set(`${L}/holders/0/a-2`, record("held")),
      ]);
      return script.release(0, "a-2");
    },
    "outlives its session": () => {
      const script = new Script();
      script.add([create(`${L}/waiters/a-1-0000000000`)]);
      script.add([remove(`${L}/waiters/a-1-0000000000`)]);
      return script;
    },
    "granted without naming L": () => {
      const script = new Script();
      script.add([create(`${L}/holders/0`, "g"), create(`${L}/holders/0/a-1`)]);
      return script.release(0, "a-1");
    },
    "failed without changing L": () => {
      const script = new Script().grant(0, "a-1");
      script.add([set(`${L}/holders/0/a-1`, record("failed"))]);
      return script.release(0, "a-1");
    },
    "undid a hold": () => {
      const script = new Script().grant(0, "a-1");
      const hold = { why: "w", by: "b", since: "2026" };
      const data = JSON.stringify({ v: 1, max: 1, hold });
      script.add([set(L, data), recorded("hold")]);
      return script.fail(0, "a-1").release(0, "a-1");
    },
    "put on hold by nobody": () => {
      const script = new Script();
      const hold = { why: "w", by: "b", since: "2026" };
      script.add([set(L, JSON.stringify({ v: 1, max: 1, hold }))]);
      return script;
    },
    "other limits of a lock in use": () => {
      const script = new Script().grant(0, "a-1");
      script.add([set(L, JSON.stringify({ v: 1, max: 2 }))]);
      return script.release(0, "a-1");
    },
    "acted without the lock": () =>
      new Script()
        .grant(0, "a-1")
        .release(0, "a-1")
        .wrote({ kind: "acted", holder: "a-1", since: "1", ended: 5000 }),
    "open to others": () => {
      const script = new Script();
      const access = ["world:anyone 31"];
      script.add([
        { ...create("/chaos/closed"), access },
        set("/chaos/closed", JSON.stringify({ v: 1, max: 1 })),
      ]);
      return script;
    },
    "beside Chef": () => {
      const script = new Script();
      script.add([create(CHEF_LOCK, "web9.example.com")]);
      script.add([check("/chaos/chef"), create("/chaos/chef/holders/0/a-1")]);
      script.add([remove("/chaos/chef/holders/0/a-1")]);
      return script;
    },
    "left behind": () => new Script().grant(0, "a-1"),
    error: () => new Script().wrote({ kind: "error", what: "uncaught" }),
  };

  for (const [rule, script] of Object.entries(violations))
    it(`finds: ${rule}`, () => {
      expect(script().rules()).to.deep.equal([rule]);
    });

  it("finds a wake-up that was lost and never made good", () => {
    const script = new Script().queue("a-1-0000000000").later(30_000);
    script.add([create("/chaos/other")]);
    expect(script.rules()).to.include("lost wake-up");
  });

  it("finds a wake-up that was lost by who could join its group", () => {
    const script = new Script({ perGroup: 2 }).grant(0, "a-1", { group: "g" });
    script.queue("b-1-0000000000", "g").later(30_000);
    script.add([remove(`${L}/waiters/b-1-0000000000`)]);
    expect(script.release(0, "a-1").rules()).to.deep.equal(["lost wake-up"]);
  });

  it("finds one that was lost by who could take over what its owner left, behind others", () => {
    const script = new Script().grant(0, "a-1");
    const first = "b-1-0000000000";
    script.queue(first).queue("a-2-0000000001");
    script.add([remove(`${L}/holders/0/a-1/l-1`)]);
    script.later(30_000);
    const path = `${L}/holders/0`;
    script.add([
      ...[check(L), remove(`${L}/waiters/a-2-0000000001`)],
      ...[remove(`${path}/a-1`), create(`${path}/a-2`)],
      set(`${path}/a-2`, record("held")),
      create(`${path}/a-2/l-1`, "", true),
    ]);
    script.release(0, "a-2").grant(0, "b-1", { waiter: first });
    expect(script.release(0, "b-1").rules()).to.deep.equal(["lost wake-up"]);
  });

  it("lets who may not join its group wait, though a slot is free", () => {
    for (const limits of [{ perGroup: 1 }, { maxFailures: 2 }]) {
      const script = new Script({ max: 2, ...limits });
      script.grant(0, "a-1", { group: "g" });
      if (limits.maxFailures) script.fail(0, "a-1");
      script.queue("b-1-0000000000", "g").later(30_000);
      script.add([remove(`${L}/waiters/b-1-0000000000`)]);
      expect(script.release(0, "a-1").rules()).to.deep.equal([]);
    }
  });

  it("finds a waiter left behind, and an empty slot", () => {
    const waiter = new Script().queue("a-1-0000000000");
    expect(waiter.rules()).to.include("left behind");
    const slot = new Script();
    slot.add([create(`${L}/holders/0`, "g")]);
    expect(slot.rules()).to.deep.equal(["an empty slot", "left behind"]);
  });

  it("finds one of the same owner that overtakes by the fast path", () => {
    const script = new Script({ max: 2 }).grant(0, "a-1").grant(1, "b-1");
    script.release(0, "a-1").release(1, "b-1");
    expect(script.rules()).to.deep.equal(["not the first in the queue"]);
  });

  it("lets a crash take waiters and live nodes, an owner adopt, an operator clear", () => {
    const script = new Script().grant(0, "a-1").queue("b-1-0000000000");
    script.add([], "s", true); // live node and waiter go with their session
    script.add([
      check(L),
      remove(`${L}/holders/0/a-1`),
      create(`${L}/holders/0/a-2`),
      set(`${L}/holders/0/a-2`, record("held")),
    ]);
    script.wrote({ kind: "clearing", holder: "a-2" });
    script.add([remove(`${L}/holders/0/a-2`), remove(`${L}/holders/0`)]);
    expect(script.rules()).to.deep.equal([]);
  });

  it("lets a new session mark its holder as live again, and an act end before it could", () => {
    const again = new Script().grant(0, "a-1");
    again.add([create(`${L}/holders/0/a-1/l-2`, "", true)], "t");
    again.wrote({ kind: "session", session: "t", of: 0, time: 0 }, 2e9);
    again.wrote({ kind: "acted", holder: "a-1", since: "1", ended: 0 }, 20e9);
    again.add([remove(`${L}/holders/0/a-1/l-2`)]);
    expect(again.release(0, "a-1").rules()).to.deep.equal([]);
    const short = new Script().grant(0, "a-1");
    short.wrote({ kind: "session", session: "t", of: 0, time: 0 }, 2e9);
    short.wrote({ kind: "acted", holder: "a-1", since: "1", ended: 0 }, 3e9);
    expect(short.release(0, "a-1").rules()).to.deep.equal([]);
  });

  it("lets a grant that nobody ever knew of be put back", () => {
    const script = new Script();
    script.add([
      check(L),
      create(`${L}/holders/0`, "g"),
      create(`${L}/holders/0/a-1`),
    ]);
    script.wrote({ kind: "session", session: "s", of: 0, time: 0 });
    script.add([remove(`${L}/holders/0/a-1`), remove(`${L}/holders/0`)]);
    expect(script.rules()).to.deep.equal([]);
  });
});
