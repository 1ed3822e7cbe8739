import { jsonText } from "../json-text";
import { setTimeout as pause } from "node:timers/promises";
import { Command } from "commander";
import {
  describeChefHolder,
  describeHold,
  describeHolder,
  type LockView,
} from "../../core/lock";
import { oneLine } from "../../core/text/lines";
import { perform, withOwnSession, type Context } from "../context";
import { Interrupted } from "../errors";
import { waitersToCount, waitersToRead } from "../waiters";
import { findLock } from "../find";
import { unlessInterrupted } from "../interruption";
import { LiveLocks } from "../live-locks";
import { aged, withoutAges } from "../lock-age";
import { lockToJson } from "../lock-json";
import { lockPage } from "../lock-page";
import { blockedBy, slotsUsed } from "../lock-state";
import { lockTable, stateWords } from "../lock-table";
import { Screen } from "../screen";
import { word } from "../options";

/** Milliseconds between two redraws, however much happens. */
const REDRAW = 200;
/** Milliseconds after which ages are drawn anew. */
const TICK = 1000;

const words = (text: string, before: string[] | undefined): string[] => [
  ...(before ?? []),
  word(text),
];

export const watch = new Command("watch")
  .argument("[names...]", "the locks (default: all)", words)
  .summary("the same as list or show, live")
  .description(
    `Follows locks by ZooKeeper's watches; nothing is polled. On a terminal one page
that redraws itself: the table of list, or with names the page of show. Else one
line for each change, after one for each lock as it is; with --json one document
a line. Ctrl-C ends it, with exit code 0.`,
  )
  .addHelpText(
    "after",
    `
Examples:
  locked-action watch
  locked-action watch web
  locked-action watch web --json | jq -r '.lock.holders[].target'`,
  )
  .action((names: string[], _options: object, command: Command) =>
    perform(command, async (context) => {
      const page = process.stdout.isTTY === true && !context.json;
      await withOwnSession(context, async (session) => {
        for (const name of names) await findLock(context, session, name);
        const wanted = names.length > 0 ? names : null;
        const most = wanted ? waitersToRead(context) : waitersToCount(context);
        const live = new LiveLocks(session, context.where.root, wanted, {
          most,
        });
        try {
          await (page ? draw(context, live, names) : log(context, live));
        } finally {
          live.close();
        }
      });
      const { reason } = context.signal as { reason: unknown };
      if (reason instanceof Interrupted && reason.signal !== "SIGINT")
        throw reason;
    }),
  );

async function draw(
  context: Context,
  live: LiveLocks,
  names: string[],
): Promise<void> {
  const { signal, where } = context;
  const show = () => {
    const now = performance.now();
    const locks = [...live.locks.values()]
      .map(({ view, readAt }) => aged(view, (now - readAt) / 1000))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
    const state = live.connected
      ? ""
      : context.paint("red", "  not connected: this is old");
    const head = `${context.paint("bold", where.root)} at ${where.servers.text}  ${new Date().toLocaleTimeString("en-GB")}${state}`;
    screen.draw(`${head}\n\n${body(context, locks, names)}`);
  };
  const screen = new Screen(process.stdout, show);
  const clock = setInterval(show, TICK);
  try {
    while (!signal.aborted) {
      await refresh(live, signal);
      show();
      await live.changed(signal);
      await pause(REDRAW, null, { signal }).catch(() => {});
    }
  } finally {
    clearInterval(clock);
    screen.close();
  }
}

/** An interruption ends the loops; it is no error here. */
async function refresh(live: LiveLocks, signal: AbortSignal): Promise<void> {
  try {
    await unlessInterrupted(signal, live.refresh());
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function body(context: Context, locks: LockView[], names: string[]): string {
  if (names.length === 0)
    return locks.length > 0
      ? lockTable(locks, context.paint, context)
      : "no locks";
  const missing = names.filter((name) => !locks.some((l) => l.name === name));
  return [
    ...locks.map((lock) => lockPage(context, lock)),
    ...missing.map((name) => `${oneLine(name)}  is gone`),
  ].join("\n\n");
}

async function log(context: Context, live: LiveLocks): Promise<void> {
  const { signal } = context;
  const told = new Map<string, string>();
  while (!signal.aborted) {
    await refresh(live, signal);
    if (live.connected) tell(context, live, told);
    await live.changed(signal);
    await pause(REDRAW / 4, null, { signal }).catch(() => {});
  }
}

/** One line for each lock that is not as it was told last. */
function tell(
  context: Context,
  live: LiveLocks,
  told: Map<string, string>,
): void {
  for (const [name, { view }] of live.locks) {
    const now = withoutAges(view);
    if (told.get(name) === now) continue;
    told.set(name, now);
    print(context, name, view);
  }
  for (const name of told.keys())
    if (!live.locks.has(name)) {
      told.delete(name);
      print(context, name, null);
    }
}

function print(context: Context, name: string, lock: LockView | null): void {
  const at = new Date().toISOString();
  if (context.json) {
    const json = { at, name, lock: lock && lockToJson(lock) };
    return context.print(jsonText(json));
  }
  const text = lock ? line(context, lock) : "gone";
  context.print(`${at}  ${oneLine(name)}  ${text}`);
}

function line({ paint }: Context, lock: LockView): string {
  const blocked = blockedBy(lock);
  return [
    stateWords(lock, paint),
    `holders ${slotsUsed(lock)}/${lock.limits.maxHolders}`,
    `waiters ${lock.waiters.length + lock.more}`,
    ...(lock.hold ? [oneLine(`on hold ${describeHold(lock.hold)}`)] : []),
    ...(blocked.length > 0 ? [`blocked by ${blocked.join(", ")}`] : []),
    ...lock.holders.map((holder) => oneLine(describeHolder(holder))),
    ...lock.chef.map((chef) => oneLine(describeChefHolder(chef))),
  ].join("  ");
}
