import type { Report } from "./checker";
import { ownerOf, type Holder, type State } from "./tree";
import type { Change } from "./transactions";

/** The holder that a path names, or null. */
export function idOf(path: string): string | null {
  return /\/holders\/\d+\/([^/]+)$/.exec(path)?.[1] ?? null;
}

const waiterOf = (path: string) => /\/waiters\/([^/]+)$/.exec(path)?.[1];

/** Whether who became a holder by these changes was allowed to; their names. */
export function checkGrant(
  was: State | null,
  is: State | null,
  changes: Change[],
  report: Report,
): string[] {
  const named = (
    kind: Change["kind"],
    name: (path: string) => string | null | undefined,
  ) =>
    changes
      .filter((change) => change.kind === kind)
      .map(({ path }) => name(path))
      .filter((found) => found !== null && found !== undefined);
  const created = named("create", idOf);
  if (created.length === 0 || !was || !is) return created;
  const removed = named("delete", idOf);
  const [waiter] = named("delete", waiterOf);
  const beside = named("check", idOf);
  for (const id of created) {
    if (was.onHold) report("granted on hold", id);
    const old = removed.find((other) => ownerOf(other) === ownerOf(id));
    const holder = is.holders.find((each) => each.id === id)!;
    if (old !== undefined) checkAdoption(was, old, holder, report);
    else checkNew(was, holder, { waiter, beside }, report);
  }
  return created;
}

function checkAdoption(
  was: State,
  old: string,
  adopter: Holder,
  report: Report,
): void {
  const adopted = was.holders.find(({ id }) => id === old);
  if (adopted?.live) report("adopted a live holder", old);
  if (adopted?.failed && !adopter.failed)
    report("adopted as if it had not failed", old);
}

function checkNew(
  was: State,
  holder: Holder,
  { waiter, beside }: { waiter: string | undefined; beside: string[] },
  report: Report,
): void {
  const failed = was.holders.filter(({ failed }) => failed);
  if (failed.length >= was.limits.maxFailures)
    report("granted past failures", holder.id);
  if (failed.some(({ group }) => group === holder.group))
    report("joined a failed member", holder.id);
  const next = was.waiters[0]?.name;
  // who has not waited finds nobody, or names one of those who hold
  const known = was.holders.some(({ id }) => beside.includes(id));
  const overtakes = waiter === undefined && was.slots.length > 0 && !known;
  if (next !== waiter || overtakes)
    report("not the first in the queue", `${holder.id} before ${next}`);
}
