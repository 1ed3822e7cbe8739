import { readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { messageOf } from "./context";
import { Display } from "./display";
import type { Config } from "./environment";
import { LocalStack } from "./stack";
import { isStack } from "./urn";
import { hide, type Value } from "./values";

const USAGE = `usage: engine up|preview|refresh|destroy [options]
  --project DIR      where Pulumi.yaml is (default: here)
  --state FILE       the state of the stack (default: STACK.state.json there)
  --stack NAME       default: dev
  --parallel N       how many resources at a time
  --target URN       only this one; may be repeated
  --config KEY=TEXT  stack config; may be repeated
  --secret KEY=TEXT  the same, encrypted; @FILE stands for the file's text
  --clear-pending-creates  of refresh: forget creations that were never seen to end
The passphrase is taken from PULUMI_CONFIG_PASSPHRASE.`;

const OPERATIONS = ["preview", "up", "refresh", "destroy"] as const;
type Operation = (typeof OPERATIONS)[number];

const TITLES: Record<Operation, string> = {
  preview: "Previewing update",
  up: "Updating",
  refresh: "Refreshing",
  destroy: "Destroying",
};

/** @returns the exit code */
async function main(args: string[]): Promise<number> {
  const { operation, stackOptions, options } = parse(args);
  const print = (line: string) => void process.stdout.write(`${line}\n`);
  const display = new Display(operation === "preview", print);
  const stack = new LocalStack(stackOptions);
  print(`${TITLES[operation]} (${stackOptions.stack}):`);
  const result = await stack[operation]({
    ...options,
    ...interruptions(),
    onEvent: display.onEvent,
  });
  if (operation === "up") for (const line of outputsOf(stack)) print(line);
  return result.ok ? 0 : 255;
}

function parse(args: string[]) {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      project: { type: "string", default: "." },
      state: { type: "string" },
      stack: { type: "string", default: "dev" },
      parallel: { type: "string" },
      target: { type: "string", multiple: true },
      config: { type: "string", multiple: true, default: [] },
      secret: { type: "string", multiple: true, default: [] },
      "clear-pending-creates": { type: "boolean", default: false },
    },
  });
  const operation = OPERATIONS.find((name) => name === positionals[0]);
  if (!operation || positionals.length > 1) throw new Error(USAGE);
  const { project, stack, state, parallel, target } = values;
  return {
    operation,
    stackOptions: {
      projectDir: project,
      stateFile: state ?? `${project}/${stack}.state.json`,
      stack,
      config: configOf(values.config, values.secret),
    },
    options: {
      ...(parallel === undefined ? {} : { parallel: countOf(parallel) }),
      ...(target ? { target } : {}),
      clearPendingCreates: values["clear-pending-creates"],
    },
  };
}

function countOf(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count > 0) return count;
  throw new Error(`--parallel: expected a number above 0, got ${text}`);
}

function configOf(plain: string[], secrets: string[]): Config {
  const entry = (text: string): [string, string] => {
    const at = text.indexOf("=");
    if (at < 1) throw new Error("--config, --secret: expected KEY=TEXT");
    return [text.slice(0, at), text.slice(at + 1)];
  };
  const secret = (text: string) =>
    text.startsWith("@") ? readFileSync(text.slice(1), "utf8") : text;
  return Object.fromEntries([
    ...plain.map(entry).map(([key, value]) => [key, { value }]),
    ...secrets
      .map(entry)
      .map(([key, text]) => [key, { value: secret(text), secret: true }]),
  ]);
}

/** The first SIGINT or SIGTERM cancels, the second abandons. */
function interruptions(): { signal: AbortSignal; kill: AbortSignal } {
  const first = new AbortController();
  const second = new AbortController();
  const interrupt = () =>
    first.signal.aborted ? second.abort() : first.abort();
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  return { signal: first.signal, kill: second.signal };
}

function* outputsOf(stack: LocalStack): Iterable<string> {
  const found = stack
    .exportState()
    ?.deployment.resources.find(({ urn }) => isStack(urn));
  const outputs: [string, Value][] = Object.entries(found?.outputs ?? {});
  if (outputs.length === 0) return;
  yield "Outputs:";
  for (const [key, value] of outputs)
    yield `    ${key}: ${JSON.stringify(hide(value))}`;
}

process.stdout.on("error", () => {}); // nobody reads any more; the operation goes on
main(process.argv.slice(2)).then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exitCode = 255;
  },
);
