import fs from "node:fs";
import path from "node:path";
import { expect } from "chai";

const ROOT = path.resolve(__dirname, "../../core/lock");

/** Which rooms each room may use: arrows run one way. What stands at the top of the folder is used by all. */
const MAY_USE: Record<string, string[]> = {
  acquire: ["holder", "local", "chef", "tree"],
  operate: ["holder", "chef", "tree"],
  holder: ["local", "tree"],
  local: ["tree"],
  chef: ["tree"],
  tree: [],
  ".": [],
};

/** Files of the lock, each with those of the lock that it imports, types included. */
function imports(): Map<string, string[]> {
  const files = (fs.readdirSync(ROOT, { recursive: true }) as string[]).filter(
    (file) => file.endsWith(".ts"),
  );
  return new Map(
    files.map((file) => {
      const text = fs.readFileSync(path.join(ROOT, file), "utf8");
      const named = [...text.matchAll(/ from "(\.[^"]*)"/g)];
      const used = named
        .map(([, name]) => path.join(path.dirname(file), `${name}.ts`))
        .filter((name) => !name.startsWith(".."));
      return [file, used];
    }),
  );
}

describe("the rooms of the lock", () => {
  const graph = imports();

  it("use each other one way", () => {
    const wrong: string[] = [];
    for (const [file, used] of graph) {
      if (file === "index.ts") continue;
      const room = path.dirname(file);
      for (const other of used) {
        const to = path.dirname(other);
        const allowed =
          to === "." || to === room || MAY_USE[room]!.includes(to);
        if (!allowed) wrong.push(`${file} uses ${other}`);
      }
    }
    expect(graph.size).to.be.greaterThan(30);
    expect(wrong).to.deep.equal([]);
  });

  it("have no circle of imports, types included", () => {
    const circles: string[] = [];
    const done = new Set<string>();
    const visit = (file: string, trail: string[]): void => {
      if (trail.includes(file)) {
        circles.push([...trail.slice(trail.indexOf(file)), file].join(" → "));
        return;
      }
      if (done.has(file)) return;
      for (const used of graph.get(file) ?? []) visit(used, [...trail, file]);
      done.add(file);
    };
    for (const file of graph.keys()) visit(file, []);
    expect(circles).to.deep.equal([]);
  });

  it("read no clock and roll no dice of their own: a session has them", () => {
    const own =
      /\b(performance\.now|Date\.now|randomBytes|setTimeout)\b|new Date\(\)/;
    const guilty = [...graph.keys()].filter((file) =>
      own.test(fs.readFileSync(path.join(ROOT, file), "utf8")),
    );
    expect(guilty).to.deep.equal([]);
  });
});
