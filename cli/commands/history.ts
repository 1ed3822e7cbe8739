import { jsonText } from "../json-text";
import { Command } from "commander";
import { readHistory } from "../../core/lock";
import type { HistoryRecord } from "../../core/lock";
import { pathsOf } from "../../core/lock/tree/paths";
import { duration } from "../../core/text/duration";
import { oneLine } from "../../core/text/lines";
import { perform, withSession, type Context } from "../context";
import { findLock } from "../find";
import { historyToJson } from "../lock-json";
import { count, word } from "../options";
import { table } from "../table";
import { undisturbed } from "../undisturbed";

export const history = new Command("history")
  .argument("<name>", "the lock", word)
  .option("--last <n>", "how many records", count, 20)
  .summary("what was done under the lock, and by operators")
  .description(
    `The last records beside the lock, the newest last. The lock keeps some 500.
With --json one line for each record.`,
  )
  .addHelpText(
    "after",
    `
Examples:
  locked-action history web
  locked-action history web --last 500 --json | jq -r 'select(.kind == "failed")'`,
  )
  .action((name: string, { last }: { last: number }, command: Command) =>
    perform(command, async (context) => {
      const records = await withSession(context, async (session) => {
        const lock = await findLock(context, session, name);
        const paths = pathsOf(lock.path);
        return undisturbed(session, () => readHistory(session, paths, last));
      });
      if (context.json)
        for (const record of records)
          context.print(jsonText(historyToJson(name, record)));
      else if (records.length > 0) context.print(rows(context, records));
      else context.note(`lock ${name} has no history yet`);
    }),
  );

function rows({ paint, wide }: Context, records: HistoryRecord[]): string {
  const head = ["AT", "WHAT", "TARGET", "ACTION", "WAITED", "HELD", "BY"];
  const more = ["BEFORE", "AFTER", "HOLDER", "TOKEN", "URN", "CI"];
  return table(
    [...head, ...(wide ? more : []), "RESULT"].map((word) =>
      paint("dim", word),
    ),
    records.map((record) => [
      oneLine(record.at.replace(/\.\d+Z$/, "Z"), 30),
      record.kind === "failed" ? paint("red", what(record)) : what(record),
      oneLine(record.target ?? "-", 40),
      oneLine(record.action ?? "-", 40),
      time(record.waited),
      time(record.held),
      oneLine(record.by, 40),
      ...(wide ? details(record) : []),
      result(record),
    ]),
  );
}

function what({ kind, canary }: HistoryRecord): string {
  if (kind === "roll") return "roll ended";
  return canary ? `${kind} (canary)` : kind;
}

const time = (seconds: number | undefined) =>
  seconds === undefined ? "-" : duration(seconds);

function details(record: HistoryRecord): string[] {
  const { before, after, holder, fencingToken, urn, ci } = record;
  return [
    before?.join(" "),
    after?.join(" "),
    holder,
    fencingToken,
    urn,
    ci,
  ].map((value) => oneLine(value ?? "-", 200));
}

function result({ step, exit, reason, kind }: HistoryRecord): string {
  const said = [
    ...(step ? [`step ${step}`] : []),
    ...(exit !== undefined && (exit !== 0 || kind === "failed")
      ? [`exit ${exit}`]
      : []),
    ...(reason ? [reason] : []),
  ];
  return said.length > 0 ? oneLine(said.join(": "), 200) : "-";
}
