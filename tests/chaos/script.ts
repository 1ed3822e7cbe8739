import { checkHistory, type Rule } from "./checker";
import type { Deed, Entry } from "./journal";
import type { Change, Transaction } from "./transactions";

export const L = "/chaos/lock";

/** A history made by hand, one transaction a line. */
export class Script {
  private readonly transactions: Transaction[] = [];
  private readonly journal: Entry[] = [];
  private time = 0;
  private terms = "";

  constructor(
    limits: { max?: number; perGroup?: number; maxFailures?: number } = {},
  ) {
    this.lockData({ max: 1, perGroup: null, maxFailures: 1, ...limits });
    for (const name of ["holders", "waiters", "history"])
      this.add([create(`${L}/${name}`)]);
  }

  private lockData(data: object): void {
    this.terms = JSON.stringify({ v: 1, hold: null, ...data });
    this.add([create(L), set(L, this.terms)]);
  }

  /** The zxid. */
  add(changes: Change[], session = "s", ends = false): bigint {
    const zxid = BigInt(this.transactions.length + 1);
    const { time } = this;
    this.transactions.push({ zxid, session, time, changes, ends });
    return zxid;
  }

  /** @param at nanoseconds */
  wrote(deed: Deed, at = this.journal.length + 1): this {
    this.journal.push({ ...deed, at: String(at), by: "client" });
    return this;
  }

  later(ms: number): this {
    this.time += ms;
    return this;
  }

  queue(name: string, group = name): this {
    const data = JSON.stringify({ group });
    this.add([create(`${L}/waiters/${name}`, data, true)]);
    return this;
  }

  grant(
    slot: number,
    id: string,
    { group = id, waiter = "", join = false, beside = "" } = {},
  ): this {
    const zxid = this.add([
      check(L),
      ...(waiter ? [remove(`${L}/waiters/${waiter}`)] : []),
      ...(join ? [] : [create(`${L}/holders/${slot}`, group)]),
      ...(beside ? [check(`${L}/holders/${beside}`)] : []),
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
      of: 0,
    });
  }

  fail(slot: number, id: string): this {
    this.add([
      set(L, this.terms),
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

export const create = (path: string, data = "", ephemeral = false): Change => ({
  kind: "create",
  path,
  data,
  ephemeral,
});
export const set = (path: string, data: string): Change => ({
  kind: "set",
  path,
  data,
});
export const remove = (path: string): Change => ({
  kind: "delete",
  path,
  data: "",
});

export const check = (path: string): Change => ({
  kind: "check",
  path,
  data: "",
});

export const record = (state: string) =>
  JSON.stringify({
    ...{ v: 1, group: "g", target: "t", subject: "s", run: "r" },
    ...{ from: "f", action: "a", since: "2026", state },
  });

/** In the history of the lock. */
export const recorded = (kind: string): Change =>
  create(
    `${L}/history/h-1`,
    JSON.stringify({ v: 1, at: "2026", kind, by: "b" }),
  );
