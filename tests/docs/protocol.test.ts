import { expect } from "chai";
import fs from "node:fs";
import path from "node:path";
import { MISSING } from "../model/missing";
import { RULES, ruleNames } from "../model/rules";
import { pages } from "./pages";

const ROOT = path.join(__dirname, "../..");
const FOLDERS =
  "core sdk provider cli engine bench scripts tests examples".split(" ");
/** Where what looks like a rule or a step is one. */
const OF_THE_LOCK = /^(core\/lock|tests\/(lock|model|simulation))\//;

interface Source {
  /** Relative to the repository. */
  name: string;
  text: string;
}

function sources(folder: string): Source[] {
  return fs
    .readdirSync(path.join(ROOT, folder), { withFileTypes: true })
    .flatMap((entry) => {
      const name = `${folder}/${entry.name}`;
      if (entry.isDirectory())
        return entry.name === "node_modules" ? [] : sources(name);
      if (!/\.(ts|js|cjs)$/.test(entry.name)) return [];
      return { name, text: fs.readFileSync(path.join(ROOT, name), "utf8") };
    });
}

const commentsOf = (text: string): string =>
  [...text.matchAll(/\/\*[^]*?\*\/|\/\/ .*$/gm)].join("\n");

const page = pages().find(({ name }) => name === "docs/protocol.md")!.text;

/** `5.6` of a heading, `3.4` of a paragraph with a number. */
const sections = new Set(
  [...page.matchAll(/^(?:#+ |\*\*)(\d+(?:\.\d+)?)\.? /gm)].map(
    ([, number]) => number!,
  ),
);

/** The rows of the table that follows a heading, cell by cell. */
function rows(heading: RegExp): string[][] {
  const [from] = [...page.matchAll(heading)];
  const text = page.slice(from!.index + from![0].length);
  const [table = ""] = /^\|[^]*?\n(?!\|)/m.exec(text) ?? [];
  return table
    .split("\n")
    .filter((line) => line.startsWith("| "))
    .slice(2)
    .map((line) =>
      line.split(" | ").map((cell) => cell.replace(/^\| | \|$/g, "")),
    );
}

const ruleRows = rows(/^## 6\. .*$/gm);
const rules = ruleRows.map(([name]) => name!);
const laws = rows(/^The tree gives these laws.*$/gm).map(([name]) => name!);
const transactions = rows(/^## 4\. .*$/gm);

const files = FOLDERS.flatMap(sources).filter(
  ({ name }) => name !== "tests/docs/protocol.test.ts",
);

describe("docs/protocol.md", () => {
  it("has each rule of the model once, and the model each rule of the page", () => {
    expect([...rules].sort()).to.deep.equal(ruleNames().sort());
    expect(rules).to.have.length.above(40);
  });

  it("says of each what the model says of it", () => {
    const said = Object.fromEntries(
      ruleRows.map(([name, text]) => [name!, text!]),
    );
    expect(said).to.deep.equal({ ...RULES });
  });

  it("has a mutation for each of them", () => {
    expect(Object.keys(MISSING).sort()).to.deep.equal([...rules].sort());
  });

  it("has each transaction of core/lock, and no other", () => {
    const file = path.join(ROOT, "core/lock/tree/transactions.ts");
    const text = fs.readFileSync(file, "utf8");
    const written = text
      .split(/^export /m)
      .map((part) =>
        /^(?:const|function) (\w+)[^]*?\): ([\w<>[\]]+)/.exec(part),
      )
      .filter((match) =>
        /Operation\[\]|Promise<\w*Reply>/.test(match?.[2] ?? ""),
      )
      .map((match) => match![1]!);
    const named = transactions.flatMap(([name]) =>
      [...name!.matchAll(/`(\w{2,})`/g)].map(([, each]) => each!),
    );
    expect(named.sort()).to.deep.equal(written.sort());
  });

  it("says for each operation what needs it", () => {
    const unknown = transactions.flatMap(([name, operations, needed]) => {
      const needs = needed!.split(" · ");
      const count = operations!.split(" · ").length;
      if (needs.length !== count)
        return `${name}: ${count} operations, ${needs.length} needs`;
      return needs
        .flatMap((need) => need.split(", "))
        .filter(
          (need) =>
            need !== "see below" &&
            !/^G\d+$/.test(need) &&
            ![...rules, ...laws].includes(need),
        )
        .map((need) => `${name}: ${need}`);
    });
    expect(unknown).to.deep.equal([]);
  });

  it("keeps what its own text cites", () => {
    const broken = [...page.matchAll(/§(\d+(?:\.\d+)?)/g)]
      .map(([, number]) => number!)
      .filter((number) => !sections.has(number));
    expect(broken).to.deep.equal([]);
  });
});

describe("what code and tests cite", () => {
  it("as a section is one of docs/protocol.md", () => {
    const broken = files.flatMap(({ name, text }) =>
      [...text.matchAll(/§\s?([\d.]*\d)?/g)]
        .filter(([, number]) => !sections.has(number ?? ""))
        .map(([cited]) => `${name}: ${cited}`),
    );
    expect(broken).to.deep.equal([]);
  });

  it("as a rule is one", () => {
    const steps = [...page.matchAll(/^### 5\.\d+ (.*)$/gm)].flatMap(
      ([, heading]) => heading!.toUpperCase().split(/, | and /i),
    );
    const known = [...rules, ...steps];
    const broken = files.flatMap(({ name, text }) => {
      const cited = [...text.matchAll(/\brules? `?([A-Z]{3,}(?:-[A-Z]+)*)/g)];
      const looks = OF_THE_LOCK.test(name)
        ? [...commentsOf(text).matchAll(/\b([A-Z]{2,}(?:-[A-Z]+)+)\b/g)]
        : [];
      return [...cited, ...looks]
        .map(([, rule]) => rule!)
        .filter((rule) => !known.includes(rule))
        .map((rule) => `${name}: ${rule}`);
    });
    expect(broken).to.deep.equal([]);
  });

  it("as a page is in the repository", () => {
    const broken = files.flatMap(({ name, text }) =>
      [...commentsOf(text).matchAll(/[\w./-]+\.md\b/g)]
        .map(([cited]) => cited)
        .filter((cited) =>
          [".", "docs", path.dirname(name)].every(
            (at) => !fs.existsSync(path.join(ROOT, at, cited)),
          ),
        )
        .map((cited) => `${name}: ${cited}`),
    );
    expect(broken).to.deep.equal([]);
  });
});
