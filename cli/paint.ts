import * as util from "node:util";

export type Paint = (
  style: "red" | "green" | "yellow" | "cyan" | "bold" | "dim",
  text: string,
) => string;

/** Colours only where a person looks, and not where NO_COLOR or --no-color forbids them. */
export function paintFor(
  stream: { isTTY?: boolean },
  { color }: { color: boolean },
  environment: NodeJS.ProcessEnv,
): Paint {
  const wanted =
    color &&
    stream.isTTY === true &&
    !environment.NO_COLOR &&
    environment.TERM !== "dumb" &&
    "styleText" in util; // not in the first releases of Node 20
  return (style, text) => (wanted ? util.styleText(style, text) : text);
}
