import type { Report } from "./checker";
import { idOf } from "./grants";
import type { HistoryRecord } from "../../core/lock";
import { FOREIGN, type State } from "./tree";
import type { Change, Transaction } from "./transactions";

export const LIVE = /\/holders\/\d+\/([^/]+)\/l-[^/]+$/;
const WAITER = /\/waiters\/[^/]+$/;

/** What each transaction must be in itself: who breaks it does harm in a rare moment only, and is found at any. */
export function checkShape(
  lock: string,
  was: State | null,
  is: State | null,
  { changes }: Transaction,
  report: Report,
): void {
  const own = changes.filter(
    ({ path }) => path === lock || path.startsWith(`${lock}/`),
  );
  for (const { kind, path, ephemeral } of own)
    if (kind === "create" && !ephemeral && isOfSession(path))
      report("outlives its session", path);
  if (!was || !is) return;
  const named = own.filter(({ path }) => path === lock);
  checkNamed(own, named, report);
  checkFailures(was, is, named, report);
  checkTerms(was, is, own, report);
}

const isOfSession = (path: string) =>
  !FOREIGN.test(path) && (LIVE.test(path) || WAITER.test(path));

/** A grant names L, or an operator's hold and a failure would come too late for it. */
function checkNamed(own: Change[], named: Change[], report: Report): void {
  if (named.some(({ kind }) => kind === "check" || kind === "set")) return;
  for (const { kind, path } of own)
    if (kind === "create" && idOf(path))
      report("granted without naming L", path);
}

/** A failure changes L, or a grant in flight would not know of it. */
function checkFailures(
  was: State,
  is: State,
  named: Change[],
  report: Report,
): void {
  if (named.some(({ kind }) => kind === "set")) return;
  const sound = new Set(
    was.holders.filter(({ failed }) => !failed).map(({ id }) => id),
  );
  for (const { id, failed } of is.holders)
    if (failed && sound.has(id)) report("failed without changing L", id);
}

/** What stands in L is an operator's, or of who takes a free lock with other limits. */
function checkTerms(
  was: State,
  is: State,
  own: Change[],
  report: Report,
): void {
  const says = (...kinds: HistoryRecord["kind"][]) =>
    own.some(({ kind, path, data }) => {
      if (kind !== "create" || !path.includes("/history/")) return false;
      return kinds.some((said) => data.includes(`"kind":"${said}"`));
    });
  if (was.onHold !== is.onHold && !says("hold", "unhold"))
    report(was.onHold ? "undid a hold" : "put on hold by nobody", "L");
  const isFree = was.slots.length + was.waiters.length === 0;
  if (
    JSON.stringify(was.limits) !== JSON.stringify(is.limits) &&
    !says("limits") &&
    !isFree
  )
    report("other limits of a lock in use", JSON.stringify(is.limits));
}
