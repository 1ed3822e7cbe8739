import type { z } from "zod";

type Issue = z.core.$ZodIssue;

/** What is wrong with an input, without the value: it may be secret. */
export function describeIssue(issue: Issue, root: unknown): string {
  switch (issue.code) {
    case "invalid_type": {
      const value = at(root, issue.path);
      if (value === undefined || value === null) return "is required";
      return `expected ${article(issue.expected)}, got ${kind(value)}`;
    }
    case "invalid_value":
      return `expected one of ${issue.values.map((v) => JSON.stringify(v)).join(", ")}`;
    case "too_small":
      if (issue.origin === "string" || issue.origin === "array")
        return "must not be empty";
      return `expected ${issue.inclusive ? "at least" : "more than"} ${issue.minimum}`;
    case "too_big":
      if (issue.origin === "string")
        return `expected at most ${issue.maximum} characters`;
      return `expected at most ${issue.maximum}`;
    case "custom":
    case "invalid_format":
    case "invalid_union":
    case "invalid_key":
    case "invalid_element":
    case "not_multiple_of":
    case "unrecognized_keys":
      return issue.message;
  }
}

function at(root: unknown, path: readonly PropertyKey[]): unknown {
  let value = root;
  for (const key of path)
    value = (value as Record<PropertyKey, unknown> | undefined)?.[key];
  return value;
}

function kind(value: unknown): string {
  if (Array.isArray(value)) return "a list";
  if (typeof value === "number")
    return Number.isInteger(value) ? "a number" : "a fraction";
  return article(typeof value);
}

function article(type: string): string {
  if (type === "int") return "a whole number";
  if (type === "array") return "a list";
  if (type === "record") return "an object";
  return /^[aeiou]/.test(type) ? `an ${type}` : `a ${type}`;
}
