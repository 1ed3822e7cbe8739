/** What people are told of holders. */
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

/** What can be done about a holder that blocks. */
export function waysOn(name: string, { id, record }: HolderView): string[] {
  const again = record?.urn
    ? [`let its owner repair it: pulumi up --target '${record.urn}'`]
    : [];
  return [
    ...again,
    `see it: locked-action show ${name}`,
    `or, if it needs no repair, clear it: locked-action clear ${name} --holder ${id}`,
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
    `if nobody works under it, and nobody will: zkCli.sh -server ${servers} delete ${path}`,
  ];
}

/** `Chef node web9 (/lock/web) for 5 min` */
export function describeChefHolder(chef: ChefHolder): string {
  const { path, data, kind, age } = chef;
  return kind === "chef"
    ? `Chef node ${data} (${path}) for ${describeAge(age)}`
    : `no holder of this lock (${path}: ${data}) for ${describeAge(age)}`;
}
