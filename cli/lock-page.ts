import {
  describeAge,
  describeHold,
  type ChefHolder,
  type HolderView,
  type LockView,
} from "../core/lock";
import { clean } from "../core/text/clean";
import { oneLine } from "../core/text/lines";
import type { Context } from "./context";
import { blockedBy, slotsUsed } from "./lock-state";
import { paintState, stateWords } from "./lock-table";
import { nextSteps } from "./next-steps";
import { table } from "./table";

/** Foreign nodes that are told of. */
const TOLD = 10;

/** Our own colours, on a text that was cleaned before: nothing of it is looked at again. */
interface Painted {
  painted: string;
}

type Fields = [name: string, value: string | Painted | undefined][];

/** All that there is to say of a lock. */
export function lockPage(context: Context, lock: LockView): string {
  const { paint } = context;
  const steps = nextSteps(context, lock);
  return [
    `${paint("bold", oneLine(lock.name))}  ${stateWords(lock, paint)}`,
    fields(facts(context, lock)),
    ...lock.holders.flatMap((holder) => holderBlock(context, holder)),
    ...lock.chef.flatMap((chef) => chefBlock(context, chef)),
    ...(lock.waiters.length > 0 ? waitersBlock(lock) : []),
    ...(steps.length > 0 ? ["", "what to do next"] : []),
    // a printed command keeps its blanks
    ...steps.map((step) => `  ${clean(step)}`),
  ].join("\n");
}

function facts(context: Context, lock: LockView): Fields {
  const { limits, hold } = lock;
  const blocked = blockedBy(lock);
  const inColour = (style: "yellow" | "red", text: string): Painted => ({
    painted: context.paint(style, oneLine(text)),
  });
  return [
    ["path", `${lock.path} at ${context.where.servers.text}`],
    [
      "limits",
      `max holders ${limits.maxHolders}, max per group ${limits.maxPerGroup ?? "none"}, max failures ${limits.maxFailures}`,
    ],
    [
      "holders",
      `${lock.holders.length + lock.chef.length} in ${slotsUsed(lock)} of ${limits.maxHolders} slots`,
    ],
    ["waiters", String(lock.waiters.length + lock.more)],
    ["hold", hold ? inColour("yellow", describeHold(hold)) : "no"],
    ...lock.withoutChef.map((id): Fields[number] => [
      "chef",
      inColour("yellow", `the Chef lock of holder ${id} is gone or another's`),
    ]),
    ...lock.foreign
      .slice(0, TOLD)
      .map((path): Fields[number] => [
        "foreign",
        oneLine(`${path} is no part of a lock: it blocks nothing`),
      ]),
    [
      "blocked",
      blocked.length > 0
        ? inColour("red", `by ${blocked.join(", ")}: nobody new is granted`)
        : "no",
    ],
  ];
}

/** Everything about one holder, under its name. */
export function holderBlock(
  { paint, wide }: Context,
  holder: HolderView,
): string[] {
  const { record, state, id } = holder;
  const failure = record?.failure;
  const title = record ? `${record.target} (${record.subject})` : id;
  const age = describeAge(holder.age);
  const failed = failure
    ? `, step ${failure.step} failed ${describeAge((Date.now() - Date.parse(failure.at)) / 1000)} ago${failure.exit === undefined ? "" : `, exit ${failure.exit}`}`
    : "";
  return [
    "",
    `holder ${paint("bold", oneLine(title))}`,
    fields([
      ["state", { painted: paintState(paint, state, state) + oneLine(failed) }],
      ["reason", failure?.reason],
      ["target", record?.target],
      ["subject", record?.subject],
      ["action", record?.action],
      ["by", record?.from],
      ["ci", record?.ci],
      ["urn", record?.urn],
      ["since", `${record?.since ?? "unknown"} (held for ${age})`],
      ["holder", id],
      ["token", holder.fencingToken],
      ...(wide ? details(holder) : []),
    ]),
  ];
}

function chefBlock({ paint }: Context, chef: ChefHolder): string[] {
  const { path, data, kind, age, since } = chef;
  const title =
    kind === "chef" ? `Chef node ${data}` : "no holder of this lock";
  return [
    "",
    `${paint("bold", oneLine(title))} has the Chef lock`,
    fields([
      ["chef lock", path],
      ["data", data],
      ["since", `${since} (held for ${describeAge(age)})`],
    ]),
  ];
}

function details({ slot, group, path, record }: HolderView): Fields {
  const { run, runKey, acting, drained, mirror } = record ?? {};
  return [
    ["slot", String(slot)],
    ["group", group],
    ["path", path],
    ["run", run],
    ["run key", runKey],
    [
      "acting",
      acting && `since ${acting.since}, ends within ${acting.deadline} s`,
    ],
    ["drained", drained ? "yes: undrain is owed" : undefined],
    ["chef lock", mirror],
  ];
}

function waitersBlock({ waiters, more }: LockView): string[] {
  const rows = waiters.map(({ id, record, age }, index) => [
    String(index + 1),
    oneLine(record?.target ?? id, 60),
    oneLine(record?.subject ?? "-", 60),
    oneLine(record?.action ?? "-", 60),
    oneLine(record?.from ?? "-", 60),
    describeAge(age),
  ]);
  const head = ["PLACE", "TARGET", "SUBJECT", "ACTION", "BY", "WAITING"];
  const rest =
    more > 0 ? [`  … and ${more} more: -o wide, or --json, has all`] : [];
  return ["", "waiters", indented(table(head, rows)), ...rest];
}

/** `  name     value`, without what has no value. */
export function fields(all: Fields): string {
  return all
    .filter(([, value]) => value !== undefined && value !== "")
    .map(([name, value]) => `  ${name.padEnd(8)} ${shown(value!)}`)
    .join("\n");
}

/** What comes from ZooKeeper must not steer the terminal. */
function shown(value: string | Painted): string {
  return typeof value === "string" ? oneLine(value, 1000) : value.painted;
}

const indented = (text: string) => text.replace(/^/gm, "  ");
