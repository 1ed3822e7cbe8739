import type { Report } from "./checker";
import type { Entry } from "./journal";

/** A live node that was created: of which holder, by which session, when. */
export interface Live {
  id: string;
  session: string;
  time: number;
}

/** Milliseconds in which a holder must have a live node of its run's new session: longer than any single fault. */
const AGAIN = 5000;

/** Who acts while its session is replaced by another is soon known to be alive again, before its next step. */
export function checkAlive(
  journal: Entry[],
  lives: Live[],
  report: Report,
): void {
  const holds = new Map(
    journal.flatMap((entry) =>
      entry.kind === "hold" ? [[entry.holder, entry] as const] : [],
    ),
  );
  const sessions = journal.filter((entry) => entry.kind === "session");
  for (const act of journal) {
    const hold = act.kind === "acted" ? holds.get(act.holder) : undefined;
    if (act.kind !== "acted" || !hold) continue;
    const [begin, end] = [BigInt(act.since), BigInt(act.at)];
    const connected = sessions.filter(
      ({ by, of, at }) =>
        by === hold.by &&
        of === hold.of &&
        BigInt(at) > begin &&
        BigInt(at) + BigInt(AGAIN) * 1_000_000n < end,
    );
    for (const { session, time } of connected) {
      const again = lives.some(
        (live) =>
          live.id === act.holder &&
          live.session === session &&
          live.time <= time + AGAIN,
      );
      // one that was replaced at once had no time for it
      const [last] = connected.slice(-1);
      if (!again && session === last!.session)
        report("seemed dead", `${act.holder} in session ${session}`);
    }
  }
}
