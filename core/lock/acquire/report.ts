import {
  describeAge,
  describeChefHolder,
  describeHold,
  describeHolder,
  placeOf,
  viewOf,
  waysOn,
  waysOnWithChef,
} from "../describe";
import { lockedAction } from "../../text/command";
import { readChefHolder } from "../chef/chef-holder";
import { mirrorPath } from "../chef/mirror";
import { LockOnHold, LockTimeout } from "../errors";
import { readHolders } from "../tree/read-holders";
import type { ChefHolder, WaitReport } from "../types";
import type { Attempt } from "./attempt";

/** Who has the Chef lock of this request, if it is none of ours. */
export async function chefHolder(attempt: Attempt): Promise<ChefHolder | null> {
  const { chef, name } = attempt.request;
  if (!chef) return null;
  const path = mirrorPath(chef, name);
  return (await readChefHolder(attempt.session, path, attempt.paths)).chef;
}

/** What a waiter can say of its wait. */
export async function report(attempt: Attempt): Promise<WaitReport> {
  const { session, paths, place, startedAt } = attempt;
  const { holders } = await readHolders(session, paths);
  const chef = await chefHolder(attempt);
  return {
    chef,
    place: place.number,
    queued: place.of,
    holders: holders.map((each) => viewOf(each, session.system.date())),
    hold: attempt.lock?.hold ?? null,
    waited: (session.system.now() - startedAt) / 1000,
    left: attempt.patience.left() / 1000,
  };
}

/** The error of a wait that is over: who holds, since when, our place, the time waited. */
export function timeoutError(
  attempt: Attempt,
  wait: WaitReport,
): LockTimeout | LockOnHold {
  const { name } = attempt.request;
  const place = placeOf(attempt.session, attempt.paths.lock);
  const waited = describeAge(wait.waited);
  const queued = `place ${wait.place} of ${wait.queued} in the queue`;
  const date = attempt.session.system.date();
  const story = wait.holders.map(
    (holder) => `holder: ${describeHolder(holder, date)}`,
  );
  if (wait.hold) {
    return new LockOnHold(
      `lock ${name}: on hold ${describeHold(wait.hold)} (waited ${waited}, ${queued})`,
      [...story, `let it go on: ${lockedAction(place, "unhold", name)}`],
      wait.hold,
    );
  }
  const first = wait.holders[0];
  const by = first
    ? `held by ${describeHolder(first, date)}`
    : wait.chef
      ? `held by ${describeChefHolder(wait.chef)}`
      : "nobody holds it";
  return new LockTimeout(
    `lock ${name}: not got in ${waited}: ${by} (${queued})`,
    [
      ...story.slice(1),
      ...(first || !wait.chef
        ? []
        : waysOnWithChef(wait.chef, attempt.session.servers)),
      attempt.patience.limit(),
      ...(first ? waysOn(place, name, first) : []),
    ],
    wait,
  );
}
