import { expect } from "chai";
import fs from "node:fs";
import path from "node:path";
import { pages } from "./pages";

const ROOT = path.join(__dirname, "../..");

/** As GitHub names the headings of a page. */
function anchors(text: string): string[] {
  return [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

describe("the links in README and docs", () => {
  const all = pages();

  it("lead to what is there", () => {
    const broken = all.flatMap(({ name, text }) =>
      [...text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)].flatMap(
        ([, to = "", anchor]) => {
          const file = path.join(ROOT, path.dirname(name), to);
          const target = to === "" ? path.join(ROOT, name) : file;
          if (!fs.existsSync(target)) return `${name}: ${to}`;
          if (!anchor) return [];
          const known = anchors(fs.readFileSync(target, "utf8"));
          return known.includes(anchor) ? [] : `${name}: ${to}#${anchor}`;
        },
      ),
    );
    expect(broken).to.deep.equal([]);
  });

  it("reach every page from README", () => {
    const readme = all.find(({ name }) => name === "README.md")!.text;
    const missing = all
      .map(({ name }) => name)
      .filter((name) => name !== "README.md" && !readme.includes(`(${name})`));
    expect(missing).to.deep.equal([]);
  });
});
