/** What people are told of holders. */
import {
  clearCommand,
  lockedAction,
  pulumiUp,
  shellWord,
  type LockPlace,
} from "../text/command";
import { oneLine } from "../text/lines";
import { system } from "../zookeeper/system";
import type { ChefHolder, HolderView, Hold, Member } from "./types";

/** Characters of what others wrote, in a line that people read: names, and reasons. */
const NAME = 120;
const REASON = 600;
/** Of the URN of a resource, in a command: what is longer is none. */
const LONGEST_URN = 2000;

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
  if (!record) return `${name(view.id)}, ${state} for ${describeAge(age)}`;
  const who = `${name(record.target)} (${name(record.subject)}), ${state}`;
  if (!record.failure)
    return `${who} for ${describeAge(age)}, ${name(record.action)} by ${name(record.from)}`;
  const { step, exit, reason, at } = record.failure;
  const ago = describeAge((date - Date.parse(at)) / 1000);
  const how = exit === undefined ? "" : `, exit ${exit}`;
  return `${who}: step ${name(step)} failed ${ago} ago${how}: ${oneLine(reason, REASON)}`;
}

/** `by ops@console since 2026-03-01T10:00:00.000Z: incident 4711` */
export function describeHold({ by, since, why }: Hold): string {
  return `by ${name(by)} since ${name(since)}: ${oneLine(why, REASON)}`;
}

const name = (text: string) => oneLine(text, NAME);

export function describeAge(seconds: number): string {
  if (!Number.isFinite(seconds)) return "unknown time"; // a date that is none
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
    ? [`let its owner repair it: ${pulumiUpOf(record.urn)}`]
    : [];
  return [
    ...again,
    see,
    `or, if it needs no repair, clear it: ${clearCommand(place, name, id)}`,
  ];
}

/** `pulumi up` of the resource that a record names, if that can be one. */
export const pulumiUpOf = (urn: string): string =>
  pulumiUp(urn.length > LONGEST_URN ? undefined : urn);

/** What can be done about it. Chef knows no command for it. */
export function waysOnWithChef(
  { path, data, kind }: ChefHolder,
  servers: string,
): string[] {
  return [
    kind === "chef"
      ? `the next Chef run on ${name(data)} takes it over`
      : "another of our locks has the same lock.chef, or its holder was taken away by hand",
    `if nobody works under it, and nobody will: zkCli.sh -server ${shellWord(servers)} delete ${shellWord(path)}`,
  ];
}

/** `Chef node web9 (/lock/web) for 5 min` */
export function describeChefHolder(chef: ChefHolder): string {
  const { path, kind, age } = chef;
  const data = name(chef.data);
  return kind === "chef"
    ? `Chef node ${data} (${path}) for ${describeAge(age)}`
    : `no holder of this lock (${path}: ${data}) for ${describeAge(age)}`;
}
