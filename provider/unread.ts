import type { Properties } from "./check";
import { shellWord } from "../core/text/command";
import { quiet } from "./quiet";
import { SCHEMA_VERSION } from "./state";

/** @throws if outputs that cannot be read as a whole name a lock that is kept: nobody else would give it back */
export function checkNothingKept(outputs: Properties): void {
  const kept = keptIn(outputs);
  if (!kept) return;
  const { schemaVersion, target, lock } = outputs;
  const who = typeof target === "string" ? `${target}: ` : "";
  const { name } = (lock ?? {}) as { name?: unknown };
  const words = [name ?? "NAME", "--holder", kept.holder ?? "ID", "-m", "WHY"]
    .map((word) => shellWord(String(word)))
    .join(" ");
  const version =
    typeof schemaVersion === "number" && schemaVersion > SCHEMA_VERSION
      ? `was written by a later version of pulumi-locked-action (schemaVersion ${schemaVersion}, this one reads ${SCHEMA_VERSION})`
      : "cannot be read";
  throw quiet(
    new Error(
      `${who}the state of this resource ${version}, and it names a lock that is kept; delete it with the version that wrote it, or give the lock up with: locked-action clear ${words}; and forget the resource with: pulumi state delete URN`,
    ),
  );
}

/** What stands under `kept`, however deep; a packed text may have it too. */
function keptIn(value: unknown): { holder?: unknown } | null {
  if (typeof value !== "object" || value === null) return null;
  for (const [key, part] of Object.entries(value)) {
    if (key === "packed" && typeof part === "string") return {};
    if (key === "kept" && part) return Object(part) as object;
    const found = keptIn(part);
    if (found) return found;
  }
  return null;
}
