import { oneLine } from "../core/text/lines";
import { jsonText } from "./json-text";
import { clean } from "../core/text/clean";
import { createInterface } from "node:readline/promises";
import type { z } from "zod";
import type { Context } from "./context";
import { CommandError, usage } from "./errors";
import { EXIT } from "./exit-codes";
import type { changeJson } from "./json";

export const onTerminal = () => process.stdin.isTTY === true;

/** The reason as it was given, or as it is typed. @throws CommandError without a terminal */
export async function reasonFor(
  context: Context,
  given: string | undefined,
): Promise<string> {
  if (given?.trim()) return given.trim();
  if (!onTerminal() || given !== undefined)
    throw usage("the reason is missing", "give it with -m WHY");
  const typed = (await ask(context, "why (kept in history): ")).trim();
  if (!typed) throw usage("the reason is missing", "give it with -m WHY");
  return typed;
}

/** Asks on a terminal; elsewhere `yes` must have been given. @throws CommandError */
export async function consent(
  context: Context,
  question: string,
  { yes }: { yes: boolean },
): Promise<void> {
  if (yes) return;
  if (!onTerminal())
    throw usage(
      "nobody can be asked, for stdin is no terminal",
      "give --yes to do it without asking",
    );
  const answer = await ask(context, `${oneLine(question)} (y/N) `);
  if (!/^y(es)?$/i.test(answer.trim()))
    throw new CommandError(EXIT.refused, "not confirmed: nothing was changed");
}

async function ask({ signal }: Context, question: string): Promise<string> {
  // no line editing: the terminal stays in its own mode, where Ctrl-C is a signal
  const { stdin: input, stderr: output } = process;
  const lines = createInterface({ input, output, terminal: false });
  const ended = new AbortController();
  lines.once("close", () => ended.abort());
  try {
    const either = AbortSignal.any([signal, ended.signal]);
    return await lines.question(question, { signal: either });
  } catch {
    if (signal.aborted) throw signal.reason;
    return ""; // end of input: no answer
  } finally {
    lines.close();
  }
}

/** What an operator's act did, as text or as JSON. */
export function printChange(
  context: Context,
  text: string,
  change: z.infer<typeof changeJson>,
): void {
  if (change.warning && !context.json) context.note(change.warning);
  context.print(context.json ? jsonText(change) : clean(text));
}
