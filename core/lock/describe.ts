/** What people are told of holders. */
import {
  clearCommand,
  lockedAction,
  pulumiUp,
  shellWord,
  type LockPlace,
} from "../text/command";
import { system } from "../zookeeper/system";
import type { ChefHolder, HolderView, Member } from "./types";

/** `date`: milliseconds since 1970. */
export function viewOf(member: Member, date = system.date()): HolderView {
  const { id, path, slot, group, record, alive, stat } = member;
  const said = record?.state ?? "held";
  return {
    id,
    path,
    slot,
    group,
    record,
    state: said !== "held" ? said : alive ? "live" : "stale",
    age: Math.max(0, (date - stat.ctime) / 1000),
    fencingToken: stat.czxid.toString(),
  };
}

/** `web1 (hdfs-datanode), failed 2 min ago in step verify: …` */
export function describeHolder(view: HolderView, date = system.date()): string {
  const { record, state, age } = view;
  const who = record ? `${record.target} (${record.subject})` : view.id;
  if (!record?.failure)
    return `${who}, ${state} for ${describeAge(age)}${record ? `, ${record.action} by ${record.from}` : ""}`;
  const { step, exit, reason, at } = record.failure;
  const ago = describeAge((date - Date.parse(at)) / 1000);
  const how = exit === undefined ? "" : `, exit ${exit}`;
  return `${who}, ${state}: step ${step} failed ${ago} ago${how}: ${reason}`;
}

export function describeAge(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 120) return `${whole} s`;
  if (whole < 7200) return `${Math.round(whole / 60)} min`;
  if (whole < 172_800) return `${Math.round(whole / 3600)} h`;
  return `${Math.round(whole / 86_400)} days`;
}

/** Where a lock is, for commands that are printed. `lock`: its path. */
export const placeOf = (
  { servers }: { servers: string },
  lock: string,
): LockPlace => ({
  servers,
  root: lock.slice(0, lock.lastIndexOf("/")) || "/",
});

/** What can be done about a holder that blocks; one that is at work is never offered for `clear`. */
export function waysOn(
  place: LockPlace,
  name: string,
  { id, record, state }: HolderView,
): string[] {
  const see = `see it: ${lockedAction(place, "show", name)}`;
  if (state === "live" || state === "repairing")
    return [see, `wait for its end: ${lockedAction(place, "wait", name)}`];
  const again = record?.urn
    ? [`let its owner repair it: ${pulumiUp(record.urn)}`]
    : [];
  return [
    ...again,
    see,
    `or, if it needs no repair, clear it: ${clearCommand(place, name, id)}`,
  ];
}

/** What can be done about it. Chef knows no command for it. */
export function waysOnWithChef(
  { path, data, kind }: ChefHolder,
  servers: string,
): string[] {
  return [
    kind === "chef"
      ? `the next Chef run on ${data} takes it over`
      : "another of our locks has the same lock.chef, or its holder was taken away by hand",
    `if nobody works under it, and nobody will: zkCli.sh -server ${shellWord(servers)} delete ${shellWord(path)}`,
  ];
}

/** `Chef node web9 (/lock/web) for 5 min` */
export function describeChefHolder(chef: ChefHolder): string {
  const { path, data, kind, age } = chef;
  return kind === "chef"
    ? `Chef node ${data} (${path}) for ${describeAge(age)}`
    : `no holder of this lock (${path}: ${data}) for ${describeAge(age)}`;
}
