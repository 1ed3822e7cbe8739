import fs from "node:fs";
import path from "node:path";

const ROOT = path.join(__dirname, "../..");

export interface Block {
  /** `docs/locks.md:7` */
  where: string;
  page: string;
  language: string;
  text: string;
}

export interface Page {
  /** Relative to the repository. */
  name: string;
  text: string;
}

/** README and all that is in docs. */
export function pages(): Page[] {
  const docs = fs
    .readdirSync(path.join(ROOT, "docs"))
    .filter((file) => file.endsWith(".md"))
    .map((file) => `docs/${file}`);
  return ["README.md", ...docs.sort()].map((name) => ({
    name,
    text: fs.readFileSync(path.join(ROOT, name), "utf8"),
  }));
}

/** The fenced blocks of all pages in this language. */
export function blocks(language: string): Block[] {
  return pages().flatMap(({ name, text }) =>
    [...text.matchAll(/^```(\w*)\n([^]*?)^```$/gm)]
      .filter(([, found]) => found === language)
      .map(({ 2: inside = "", index }) => ({
        where: `${name}:${text.slice(0, index).split("\n").length}`,
        page: name,
        language,
        text: inside,
      })),
  );
}
