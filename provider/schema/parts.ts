import { z } from "zod";
import { nearest } from "../nearest";
import { known } from "../unknown";

/** The longest time that Node's timers can do: 24 days. */
const LONGEST = 2_147_483;

export const seconds = known(z.number().min(0).max(LONGEST));
export const positiveSeconds = known(z.number().gt(0).max(LONGEST));
export const count = known(z.int().min(1).max(100_000));
export const flag = known(z.boolean());
export const text = known(z.string());
export const word = known(z.string().min(1));

/** A string that a function finds a problem with, or none. */
export function checked(
  problem: (value: string) => string | null,
): z.ZodType<string> {
  return known(
    z.string().superRefine((value, context) => {
      const message = problem(value);
      if (message) context.addIssue({ code: "custom", message });
    }),
  );
}

type Shape = Record<string, z.ZodType>;

/** An object with these keys and no others: a mistyped key must not turn a limit off. */
export function closed<S extends Shape>(
  shape: S,
): z.ZodType<z.output<z.ZodObject<S>>> {
  const object = z.looseObject(shape).superRefine((value, context) => {
    for (const key of Object.keys(value)) {
      // absent and undefined are the same to a program
      if (Object.hasOwn(shape, key) || value[key] === undefined) continue;
      const near = nearest(key, Object.keys(shape));
      context.addIssue({
        code: "custom",
        path: [key],
        message: `there is no such input${near ? `; did you mean ${near}?` : ""}`,
      });
    }
  });
  return object as unknown as z.ZodType<z.output<z.ZodObject<S>>>;
}

/** A schema, and what its parts must be to each other: asked only where each by itself is right. */
export function together<T>(
  schema: z.ZodType<T>,
  judge: (value: T, context: z.core.$RefinementCtx<T>) => void,
): z.ZodType<T> {
  return schema.superRefine((value, context) => {
    if (context.issues.length === 0) judge(value, context);
  });
}

/** A text that can be written as UTF-8: half a character would be written as another. */
export function isWellFormed(value: string): boolean {
  return !/\p{Cs}/u.test(value);
}

export const HALF_CHARACTER = "contains half a character (a lone surrogate)";

const SUDO_USER = /^[A-Za-z_][A-Za-z0-9_.-]*\$?$/;

/** How a command gets its rights. */
export const rights = {
  sudo: known(
    z.custom<boolean | string>(
      (value) =>
        typeof value === "boolean" ||
        (typeof value === "string" && SUDO_USER.test(value)),
      "expected true, false or the name of a user",
    ),
  ).optional(),
  sudoPassword: checked((value) =>
    /[\r\n\0]/.test(value) ? "must be one line" : null,
  ).optional(),
};

export const sideCommand = known(
  closed({ command: word, timeout: positiveSeconds.optional(), ...rights }),
);

const probe = {
  command: word,
  interval: positiveSeconds.optional(),
  timeout: positiveSeconds.optional(),
  ...rights,
};

export const gate = known(closed(probe));

export const health = known(
  together(
    closed({ ...probe, minHealthy: seconds.optional() }),
    ({ minHealthy, timeout }, context) => {
      const within = typeof timeout === "number" ? timeout : 300;
      if (typeof minHealthy !== "number" || minHealthy < within) return;
      context.addIssue({
        code: "custom",
        path: ["minHealthy"],
        message: `must be less than health.timeout (${within} s)`,
      });
    },
  ),
);
