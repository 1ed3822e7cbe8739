import type { z } from "zod";
import type { doctorJson } from "../json";

/** One thing that was looked at, and what there is to do about it. */
export type Check = z.infer<typeof doctorJson>["checks"][number];

export const ok = (check: string, found: string): Check => ({
  ...{ check, result: "ok", found, advice: [] },
});

export const warning = (
  check: string,
  found: string,
  ...advice: string[]
): Check => ({ check, result: "warning", found, advice });

export const failed = (
  check: string,
  found: string,
  ...advice: string[]
): Check => ({ check, result: "failed", found, advice });
