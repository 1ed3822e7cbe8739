import { duration } from "../text/duration";

/** A member that is taken in hand. */
export interface AtWork {
  key: string;
  /** `restart`, `soak 8/30 s`, `place 2 of 3, held by web2 for 35 s` … */
  doing: string;
  /** It has the lock. */
  acting: boolean;
  /** Where it stands, while it does not have the lock. @default "lock" */
  before?: "dial" | "look" | "lock" | "release";
}

/** How far a roll has come. */
export interface RollProgress {
  /** Members of the fleet, those that had nothing to do included. */
  total: number;
  done: number;
  failed: number;
  maxFailures: number;
  atWork: AtWork[];
  /** Seconds that finished members had the lock, all in all, and how many they are. */
  took: { seconds: number; members: number };
  /** Members that may have the lock at once. */
  width: number;
}

/** Names shown of those who act; the rest is counted. */
const NAMED = 4;

/** `12/40 done · 2 acting (web7 soak 8/30 s, web9 restart) · 25 to go · 1 failed of 3 allowed · ~6 min left` */
export function progressLine(progress: RollProgress): string {
  const { total, done, failed, maxFailures, atWork } = progress;
  const acting = atWork.filter((each) => each.acting);
  const waiting = atWork.filter((each) => !each.acting);
  const left = total - done - failed - acting.length;
  const parts = [`${done}/${total} done`];
  if (acting.length > 0)
    parts.push(`${acting.length} acting (${named(acting)})`);
  // those who wait behind our own are of no interest
  else if (waiting[0]) parts.push(standing(waiting[0]));
  if (left > 0) parts.push(`${left} to go`);
  if (failed > 0) parts.push(`${failed} failed of ${maxFailures} allowed`);
  const time = timeLeft(progress, left + acting.length);
  if (time) parts.push(time);
  return parts.join(" · ");
}

/** `waiting (web1 place 2 of 3)`, `connecting to web1` */
function standing(member: AtWork): string {
  const { key, before = "lock" } = member;
  if (before === "dial") return `connecting to ${key}`;
  if (before === "look") return `looking at ${key}`;
  if (before === "release") return `releasing the lock of ${key}`;
  return `waiting (${named([member])})`;
}

function named(members: AtWork[]): string {
  const names = members
    .slice(0, NAMED)
    .map(({ key, doing }) => (doing ? `${key} ${doing}` : key));
  const more = members.length - names.length;
  return [...names, ...(more > 0 ? [`${more} more`] : [])].join(", ");
}

/** From what those took who are done. */
function timeLeft({ took, width }: RollProgress, left: number): string | null {
  if (took.members === 0 || left === 0) return null;
  const mean = took.seconds / took.members;
  const seconds = (mean * left) / Math.min(width, left);
  return `~${seconds < 60 ? duration(Math.ceil(seconds)) : `${Math.round(seconds / 60)} min`} left`;
}
