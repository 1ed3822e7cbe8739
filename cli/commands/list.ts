import { Command } from "commander";
import { listLocks } from "../../core/lock";
import { perform, withSession } from "../context";
import type { locksJson } from "../json";
import { lockToJson } from "../lock-json";
import { lockTable } from "../lock-table";
import { waitersToCount } from "../waiters";
import { undisturbed } from "../undisturbed";
import type { z } from "zod";

export const list = new Command("list")
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
  .action((_options: object, command: Command) =>
    perform(command, async (context) => {
      const { servers, root } = context.where;
      const locks = await withSession(context, (session) =>
        undisturbed(session, () =>
          listLocks(session, root, waitersToCount(context)),
        ),
      );
      if (context.json) {
        const at = new Date().toISOString();
        const all = locks.map(lockToJson);
        const json: z.infer<typeof locksJson> = {
          ...{ at, servers: servers.text, root, locks: all },
        };
        context.print(JSON.stringify(json));
      } else if (locks.length > 0) {
        context.print(lockTable(locks, context.paint, context));
      } else {
        context.note(`no locks below ${root} at ${servers.text}`);
      }
    }),
  );
