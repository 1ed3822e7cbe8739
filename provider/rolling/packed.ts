import { deflateRawSync, inflateRawSync } from "node:zlib";
import type { FleetState, HostRecord } from "./state";

/** Bytes that a packed text may come to: some 100,000 hosts. */
const UNPACKED = 64_000_000;

type Records = Record<string, HostRecord>;
type Parts = Pick<FleetState, "results" | "removed">;
/** Equal records are told once, with the keys of those that have them. */
type Groups = [HostRecord, string[]][];

/** Records of many hosts as one text. */
export function pack({ results, removed = {} }: Parts): string {
  const groups = [groupsOf(results), groupsOf(removed)];
  return deflateRawSync(JSON.stringify(groups), { level: 9 }).toString(
    "base64",
  );
}

/** What was packed, not looked at yet; `null`: that was none of ours. */
export function unpack(packed: string): Parts | null {
  try {
    const text = inflateRawSync(Buffer.from(packed, "base64"), {
      maxOutputLength: UNPACKED,
    });
    const [results, removed] = JSON.parse(text.toString()) as Groups[];
    return { results: recordsOf(results!), removed: recordsOf(removed!) };
  } catch {
    return null;
  }
}

function groupsOf(records: Records): Groups {
  const keys = new Map<string, string[]>();
  for (const [key, record] of Object.entries(records)) {
    const text = JSON.stringify(record);
    const own = keys.get(text);
    if (own) own.push(key);
    else keys.set(text, [key]);
  }
  return [...keys].map(([text, own]) => [JSON.parse(text) as HostRecord, own]);
}

function recordsOf(groups: Groups): Records {
  return Object.fromEntries(
    groups.flatMap(([record, keys]) => keys.map((key) => [key, record])),
  );
}
