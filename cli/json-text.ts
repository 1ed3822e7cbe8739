/** What steers a terminal, or is not seen: JSON itself would leave these as they are. */
const UNSEEN = /\p{Cc}|\p{Cf}|\p{Cs}|\p{Zl}|\p{Zp}|\p{DI}/gu;

/** A value as one line of JSON that may be shown: foreign characters are told by number, and mean the same. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value).replace(UNSEEN, (found) =>
    found
      .split("")
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
      .join(""),
  );
}
