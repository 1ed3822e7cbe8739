import { expect } from "chai";
import { checkHistory, type Rule } from "./checker";
import type { Deed, Entry } from "./journal";
import type { Change, Transaction } from "./transactions";

const L = "/chaos/lock";

/** A history made by hand, one transaction a line. */
class Script {
  private readonly transactions: Transaction[] = [];
  private readonly journal: Entry[] = [];
  private time = 0;

  constructor(
    limits: { max?: number; perGroup?: number; maxFailures?: number } = {},
  ) {
    this.lockData({ max: 1, perGroup: null, maxFailures: 1, ...limits });
    for (const name of ["holders", "waiters", "history"])
      this.add([create(`${L}/${name}`)]);
  }

  private lockData(data: object): void {
    const text = JSON.stringify({ v: 1, hold: null, ...data });
    this.add([create(L), { kind: "set", path: L, data: text }]);
  }

  /** The zxid. */
  add(changes: Change[], session = "s", ends = false): bigint {
    const zxid = BigInt(this.transactions.length + 1);
    const { time } = this;
    this.transactions.push({ zxid, session, time, changes, ends });
    return zxid;
  }

  wrote(deed: Deed): this {
    const at = String(this.journal.length + 1);
    this.journal.push({ ...deed, at, by: "client" });
    return this;
  }

  later(ms: number): this {
    this.time += ms;
    return this;
  }

  queue(name: string): this {
    this.add([create(`${L}/waiters/${name}`, "", true)]);
    return this;
  }

  grant(
    slot: number,
    id: string,
    { group = id, waiter = "", join = false } = {},
  ): this {
    const zxid = this.add([
      ...(waiter ? [remove(`${L}/waiters/${waiter}`)] : []),
      ...(join ? [] : [create(`${L}/holders/${slot}`, group)]),
      create(`${L}/holders/${slot}/${id}`),
      set(`${L}/holders/${slot}/${id}`, record("held")),
      create(`${L}/holders/${slot}/${id}/l-1`, "", true),
    ]);
    const token = String(zxid);
    const owner = id;
    const attempt = id;
    return this.wrote({
      kind: "hold",
      attempt,
      lock: L,
      owner,
      group,
      holder: id,
      token,
    });
  }

  fail(slot: number, id: string): this {
    this.add([
      set(`${L}/holders/${slot}/${id}`, record("failed")),
      remove(`${L}/holders/${slot}/${id}/l-1`),
    ]);
    return this;
  }

  release(slot: number, id: string, said = true): this {
    if (said) this.wrote({ kind: "releasing", holder: id });
    this.add([
      remove(`${L}/holders/${slot}/${id}/l-1`),
      remove(`${L}/holders/${slot}/${id}`),
      remove(`${L}/holders/${slot}`),
    ]);
    return this;
  }

  rules(): Rule[] {
    const { transactions, journal } = this;
    const found = checkHistory({ root: "/chaos", transactions, journal });
    return [...new Set(found.map(({ rule }) => rule))];
  }
}

const create = (path: string, data = "", ephemeral = false): Change => ({
  kind: "create",
  path,
  data,
  ephemeral,
});
const set = (path: string, data: string): Change => ({
  kind: "set",
  path,
  data,
});
const remove = (path: string): Change => ({ kind: "delete", path, data: "" });

const record = (state: string) =>
  JSON.stringify({
    ...{ v: 1, group: "g", target: "t", subject: "s", run: "r" },
    ...{ from: "f", action: "a", since: "2026", state },
  });

describe("the checker of histories", () => {
  it("finds nothing in one where all is well", () => {
    const script = new Script({ max: 2 })
      .grant(0, "a-1")
      .queue("b-1-0000000000")
      .grant(1, "b-1", { waiter: "b-1-0000000000" })
      .wrote({ kind: "act", holder: "a-1" })
      .wrote({ kind: "acted", holder: "a-1", since: "3" })
      .release(0, "a-1")
      .release(1, "b-1")
      .grant(0, "c-1")
      .release(0, "c-1");
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
      script.add([set(L, JSON.stringify({ v: 1, max: 1, hold }))]);
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
          ...{ holder: "b-1", token: "7" },
        }),
    "acted together": () =>
      new Script()
        .grant(0, "a-1")
        .release(0, "a-1")
        .grant(0, "b-1")
        .release(0, "b-1")
        .wrote({ kind: "acted", holder: "a-1", since: "1" })
        .wrote({ kind: "acted", holder: "b-1", since: "2" }),
    "granted to nobody": () => {
      const script = new Script();
      script.add([
        create(`${L}/holders/0`, "g"),
        create(`${L}/holders/0/a-1`),
        create(`${L}/holders/0/a-1/l-1`, "", true),
      ]);
      script.wrote({ kind: "session", session: "s" }).later(15_000);
      script.add([], "s", true);
      script.wrote({ kind: "clearing", holder: "a-1" });
      script.add([remove(`${L}/holders/0/a-1`), remove(`${L}/holders/0`)]);
      return script;
    },
    "left behind": () => new Script().grant(0, "a-1"),
    error: () => new Script().wrote({ kind: "error", what: "uncaught" }),
  };

  for (const [rule, script] of Object.entries(violations))
    it(`finds: ${rule}`, () => {
      expect(script().rules()).to.deep.equal([rule]);
    });

  it("finds a waiter left behind, and an empty slot", () => {
    const waiter = new Script().queue("a-1-0000000000");
    expect(waiter.rules()).to.include("left behind");
    const slot = new Script();
    slot.add([create(`${L}/holders/0`, "g")]);
    expect(slot.rules()).to.deep.equal(["left behind"]);
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
      remove(`${L}/holders/0/a-1`),
      create(`${L}/holders/0/a-2`),
      set(`${L}/holders/0/a-2`, record("held")),
    ]);
    script.wrote({ kind: "clearing", holder: "a-2" });
    script.add([remove(`${L}/holders/0/a-2`), remove(`${L}/holders/0`)]);
    expect(script.rules()).to.deep.equal([]);
  });

  it("lets a grant that nobody ever knew of be put back", () => {
    const script = new Script();
    script.add([create(`${L}/holders/0`, "g"), create(`${L}/holders/0/a-1`)]);
    script.wrote({ kind: "session", session: "s" });
    script.add([remove(`${L}/holders/0/a-1`), remove(`${L}/holders/0`)]);
    expect(script.rules()).to.deep.equal([]);
  });
});
