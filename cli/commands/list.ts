import { jsonText } from "../json-text";
import { Command } from "commander";
import {
  describeLock,
  listLocks,
  type LockView,
  type Look,
} from "../../core/lock";
import type { Session } from "../../core/zookeeper/session";
import { chefPath } from "../chef-option";
import { perform, withSession } from "../context";
import type { locksJson } from "../json";
import { lockToJson } from "../lock-json";
import { lockTable } from "../lock-table";
import { waitersToCount } from "../waiters";
import { undisturbed } from "../undisturbed";
import type { z } from "zod";

export const list = new Command("list")
  .option("--chef <path>", "and this lock of Chef's cookbook", chefPath)
  .summary("all locks: holders, state, age, waiters, hold")
  .description(
    `One row for each lock below the root.

  HOLDERS  slots in use / max holders (holders, where slots are shared)
  STATE    live: its run is at work; failed: its action failed, the lock is
           kept; stale: its run is gone, the lock is kept; repairing: a later
           run of its owner mends what failed
  BLOCKED  why nobody new is granted: failures, stale, hold`,
  )
  .addHelpText(
    "after",
    `
Examples:
  locked-action list
  locked-action list -o wide --servers zk1:2181,zk2:2181,zk3:2181
  locked-action list --json | jq -r '.locks[] | select(.blockedBy != []) | .name'`,
  )
  .action(({ chef }: { chef?: string }, command: Command) =>
    perform(command, async (context) => {
      const { servers, root } = context.where;
      const locks = await withSession(context, (session) =>
        undisturbed(session, () =>
          listWith(session, root, { most: waitersToCount(context), chef }),
        ),
      );
      if (context.json) {
        const at = new Date().toISOString();
        const all = locks.map(lockToJson);
        const json: z.infer<typeof locksJson> = {
          ...{ at, servers: servers.text, root, locks: all },
        };
        context.print(jsonText(json));
      } else if (locks.length > 0) {
        context.print(lockTable(locks, context.paint, context));
      } else {
        context.note(`no locks below ${root} at ${servers.text}`);
      }
    }),
  );

/** All locks, and a Chef lock under the last part of its path where none of them is known to go with it. */
async function listWith(
  session: Session,
  root: string,
  { most, chef }: Look,
): Promise<LockView[]> {
  const locks = await listLocks(session, root, most);
  if (chef === undefined) return locks;
  if (locks.some(({ mirrors }) => mirrors.includes(chef))) return locks;
  const name = chef.slice(chef.lastIndexOf("/") + 1);
  const shared = await describeLock(session, root, name, { most, chef });
  const others = locks.filter((lock) => lock.name !== name);
  return [...others, shared].sort((a, b) => (a.path < b.path ? -1 : 1));
}
