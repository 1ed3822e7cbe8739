import { expect } from "chai";
import fs from "node:fs";
import path from "node:path";
import { z } from "zod";
import * as json from "../../cli/json";

const PAGE = path.join(__dirname, "../../docs/json.md");
/** Says that the tables are to be written anew. */
const WRITE = process.env.LOCKED_ACTION_WRITE_PAGES;

/** By the name that the page has for it. */
const SCHEMAS: Record<string, z.ZodType> = {
  list: json.locksJson,
  lock: json.lockJson,
  limits: json.limitsJson,
  hold: json.holdJson,
  holder: json.holderJson,
  failure: json.failureJson,
  waiter: json.waiterJson,
  chef: json.chefJson,
  watch: json.watchJson,
  history: json.historyJson,
  change: json.changeJson,
  wait: json.waitJson,
  run: json.runJson,
  doctor: json.doctorJson,
  check: json.checkJson,
  failed: json.errorJson,
  error: json.errorJson.shape.error,
};

interface Schema {
  type?: string | string[];
  const?: unknown;
  enum?: string[];
  items?: Schema;
  anyOf?: Schema[];
  $ref?: string;
  description?: string;
  properties?: Record<string, Schema>;
}

function typeOf(schema: Schema): string {
  const { type, enum: values, items, anyOf, $ref, ...more } = schema;
  if ($ref) return $ref.split("/").at(-1)!;
  if (anyOf) return anyOf.map(typeOf).join(" or ");
  if ("const" in more) return `\`${String(more.const)}\``;
  if (values) return values.map((value) => `\`"${value}"\``).join(", ");
  if (items) return `list of ${typeOf(items)}`;
  return [type ?? "any"]
    .flat()
    .map((word) => (word === "integer" ? "whole number" : word))
    .join(" or ");
}

function tableOf(name: string): string {
  const schema = z.toJSONSchema(SCHEMAS[name]!) as Schema & {
    $defs?: Record<string, Schema>;
  };
  const { properties = {} } = schema.$ref ? schema.$defs![name]! : schema;
  const rows = Object.entries(properties).map(([field, of]) => {
    const said = of.description ?? of.anyOf?.[0]?.description ?? "";
    return `| \`${field}\` | ${typeOf(of)} | ${said} |`;
  });
  return ["| field | type | meaning |", "| --- | --- | --- |", ...rows].join(
    "\n",
  );
}

const MARK = /<!-- fields of (\w+) -->\n(?:\n(?:\|.*\n)+)?/g;

describe("docs/json.md", () => {
  const page = fs.readFileSync(PAGE, "utf8");

  it("has a table of each document", () => {
    const names = [...page.matchAll(MARK)].map(([, name]) => name);
    expect(names).to.deep.equal(Object.keys(SCHEMAS));
  });

  it("has the fields that are printed", () => {
    const right = page.replace(
      MARK,
      (_, name: string) => `<!-- fields of ${name} -->\n\n${tableOf(name)}\n`,
    );
    if (WRITE) fs.writeFileSync(PAGE, right);
    else expect(page).to.equal(right);
  });
});
