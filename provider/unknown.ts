import { z } from "zod";
import { describeIssue } from "./schema/issue";

/** What Pulumi sends in preview in the place of a value that is not known yet, whatever its type. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

export function isUnknown(value: unknown): boolean {
  return value === UNKNOWN;
}

/** Whether anything in a value is not known yet. */
export function hasUnknown(value: unknown): boolean {
  if (isUnknown(value)) return true;
  if (typeof value !== "object" || value === null) return false;
  return Object.values(value).some(hasUnknown);
}

/**
 * The same schema, but content with an unknown. (A union with the unknown's literal
 * would turn each failure into a bare "invalid input", without path or reason.)
 */
export function known<T>(schema: z.ZodType<T>): z.ZodType<T> {
  return z.custom<T>().superRefine((value, context) => {
    if (isUnknown(value)) return;
    const result = schema.safeParse(value);
    for (const issue of result.error?.issues ?? [])
      context.addIssue({
        code: "custom",
        path: issue.path,
        message: describeIssue(issue, value),
      });
  });
}
