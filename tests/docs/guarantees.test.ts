import { expect } from "chai";
import fs from "node:fs";
import path from "node:path";
import { VIOLATIONS } from "../model/invariants";
import { pages } from "./pages";

const ROOT = path.join(__dirname, "../..");

/** What `describe` and `it` of a file are called, one after another. */
function titlesIn(file: string): string {
  const text = fs.readFileSync(file, "utf8");
  const titles = text.matchAll(/\b(?:describe|it)\(\s*(["`])([^]*?)\1/g);
  return [...titles].map(([, , title]) => title).join("\n");
}

describe("the table of guarantees", () => {
  const page = pages().find(({ name }) => name === "docs/protocol.md")!.text;
  const rows = [...page.matchAll(/^\| (G\d+) \|(.*)\|$/gm)].map(
    ([, guarantee, rest]) => {
      const [, tests = "", model = "", chaos = ""] = rest!.split("|");
      return { guarantee: guarantee!, tests, model, chaos };
    },
  );

  it("has each of them once", () => {
    const names = rows.map(({ guarantee }) => guarantee);
    expect(names).to.deep.equal(names.map((_, i) => `G${i + 1}`));
    expect(names).to.have.length(10);
  });

  for (const { guarantee, tests, model, chaos } of rows)
    it(`${guarantee}: what it names is there`, () => {
      const missing: string[] = [];
      let titles = "";
      for (const [, file, title] of tests.matchAll(/`([^`]+)`|\*([^*]+)\*/g)) {
        if (file?.startsWith("npm run")) continue;
        if (file) {
          const at = path.join(ROOT, "tests/lock", `${file}.test.ts`);
          if (fs.existsSync(at)) titles = titlesIn(at);
          else missing.push(file);
        }
        // "…" stands for what was left out
        for (const part of title?.split("…") ?? [])
          if (!titles.includes(part.trim())) missing.push(title!);
      }
      for (const [name] of model.matchAll(/[A-Z_]{4,}/g))
        if (!(name in VIOLATIONS)) missing.push(name);
      const rules = fs.readFileSync(
        path.join(ROOT, "tests/chaos/checker.test.ts"),
        "utf8",
      );
      for (const [, rule] of chaos.matchAll(/"([^"]+)"/g))
        if (!rules.includes(`"${rule}": `)) missing.push(rule!);
      expect(missing).to.deep.equal([]);
    });
});
