import { Command } from "commander";
import {
  clear as clearHolder,
  clearChef,
  clearWaiter,
  describeChefHolder,
  describeHolder,
  type HolderView,
  type LockView,
} from "../../core/lock";
import { oneLine } from "../../core/text/lines";
import { whoWeAre } from "../../core/text/who";
import type { Session } from "../../core/zookeeper/session";
import { perform, withSession, type Context } from "../context";
import { CommandError, usage } from "../errors";
import { EXIT } from "../exit-codes";
import { findHolder, findLock } from "../find";
import { holderToJson } from "../lock-json";
import { holderBlock } from "../lock-page";
import { locked } from "../next-steps";
import { consent, printChange, reasonFor } from "../operator";
import { word } from "../options";

interface Options {
  holder?: string;
  waiter?: string;
  chef?: string;
  message?: string;
  yes?: boolean;
  forceLive?: boolean;
}

export const clear = new Command("clear")
  .argument("<name>", "the lock", word)
  .option("--holder <id>", "which holder, as show prints it", word)
  .option("--waiter <id>", "or which waiter, or stray node among them", word)
  .option("--chef <path>", "or the lock of a Chef node that is dead")
  .option("-m, --message <why>", "why; kept in the lock's history")
  .option("-y, --yes", "do not ask")
  .option("--force-live", "even if its run is at work")
  .summary("take the lock away from one holder")
  .description(
    `Removes exactly this holder, for good: whoever waits is granted next. Shows what
it is about to clear and asks; without a terminal --yes and -m are needed. What
failed is not repaired by it: a Pulumi program still owes its restart, and tries
again at its next "pulumi up". What its action began on the host may still run.

A live holder is refused: its run would go on without the lock. --force-live
does it all the same; the run stops before its next step.

--waiter takes one place out of the queue: a run that waits there comes back at
its end. --chef frees the lock of a Chef node, exactly as it stands: make sure
that its Chef run is over, for nobody asks it.`,
  )
  .addHelpText(
    "after",
    `
Examples:
  locked-action clear web --holder 3f9a1c2b -m "web1 was repaired by hand"
  locked-action clear web --holder "$ID" -m "host is gone" --yes
  locked-action clear web --chef /lock/web -m "web9 was scrapped"`,
  )
  .action((name: string, options: Options, command: Command) =>
    perform(command, async (context) => {
      const { holder, waiter, chef } = options;
      const given = [holder, waiter, chef].filter((one) => one !== undefined);
      if (given.length !== 1)
        throw usage(
          "expected one of --holder, --waiter and --chef",
          `what stands there: ${locked(context, "show", name)}`,
        );
      await withSession(context, async (session) => {
        const lock = await findLock(context, session, name);
        if (holder !== undefined)
          await takeHolder(context, session, lock, holder, options);
        else if (waiter !== undefined)
          await takeWaiter(context, session, lock, waiter, options);
        else await takeChef(context, session, lock, chef!, options);
      });
    }),
  );

async function takeHolder(
  context: Context,
  session: Session,
  lock: LockView,
  wanted: string,
  options: Options,
): Promise<void> {
  const { name } = lock;
  const holder = findHolder(context, lock, wanted);
  if (holder.state === "live" && !options.forceLive) throw refuseLive(holder);
  showHolder(context, holder, options);
  const why = await reasonFor(context, options.message);
  const yes = options.yes === true;
  await consent(context, `clear this holder of ${name}?`, { yes });
  const by = whoWeAre();
  const act = { by, why, forceLive: options.forceLive === true };
  const { id } = holder;
  const removal = await clearHolder(session, lock.path, id, act);
  const changed = removal !== "gone";
  const { mirror } = holder.record ?? {};
  const warning =
    removal === "withoutMirror" || lock.withoutChef.includes(id)
      ? `the Chef lock ${mirror} was not this holder's any more, and was left alone`
      : null;
  printChange(
    context,
    changed
      ? `cleared holder ${id} of ${name}`
      : `holder ${id} of ${name} was gone already`,
    {
      ...{ lock: name, change: "cleared", changed, by, why },
      ...{ holder: holderToJson(holder), limits: null, warning },
    },
  );
}

/** A waiter, or a stray node beside them. */
async function takeWaiter(
  context: Context,
  session: Session,
  lock: LockView,
  waiter: string,
  options: Options,
): Promise<void> {
  if (waiter.includes("/"))
    throw usage("--waiter: expected a name below waiters, as show prints it");
  const what = `waiter ${waiter} of ${lock.name}`;
  const { by, why } = await decide(context, what, options);
  const changed = await clearWaiter(session, lock.path, waiter, { by, why });
  tell(context, lock, `waiter ${waiter}`, changed, by, why);
}

async function takeChef(
  context: Context,
  session: Session,
  lock: LockView,
  path: string,
  options: Options,
): Promise<void> {
  const chef = lock.chef.find((one) => one.path === path);
  if (!chef)
    throw new CommandError(
      EXIT.notFound,
      `lock ${lock.name}: no Chef node holds ${path}`,
      [`what stands there: ${locked(context, "show", lock.name)}`],
    );
  if (!options.yes) context.note(oneLine(describeChefHolder(chef)));
  const { by, why } = await decide(context, `Chef lock ${path}`, options);
  const changed = await clearChef(session, lock.path, chef, { by, why });
  tell(context, lock, `Chef lock ${path}`, changed, by, why);
}

async function decide(
  context: Context,
  what: string,
  { message, yes }: Options,
): Promise<{ by: string; why: string }> {
  const why = await reasonFor(context, message);
  await consent(context, `clear ${oneLine(what)}?`, { yes: yes === true });
  return { by: whoWeAre(), why };
}

function tell(
  context: Context,
  { name }: LockView,
  what: string,
  changed: boolean,
  by: string,
  why: string,
): void {
  printChange(
    context,
    changed
      ? `cleared ${what} of ${name}`
      : `${what} of ${name} was gone already`,
    {
      ...{ lock: name, change: "cleared", changed, by, why },
      ...{ holder: null, limits: null, warning: null },
    },
  );
}

function showHolder(
  context: Context,
  holder: HolderView,
  { yes }: Options,
): void {
  if (!yes) context.notePainted(holderBlock(context, holder).join("\n").trim());
}

function refuseLive(holder: HolderView): CommandError {
  return new CommandError(
    EXIT.refused,
    `holder ${holder.id} is live: ${describeHolder(holder)}`,
    [
      "its run is at work, and would go on without the lock",
      "end that run, or wait for it; to clear it all the same: --force-live",
    ],
  );
}
