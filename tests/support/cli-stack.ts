import {
  LocalWorkspace,
  type EngineEvent as CliEvent,
  type OpMap,
  type Stack as CliStack,
} from "@pulumi/pulumi/automation";
import { spawn } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { emptySummary, type Op, type Summary } from "../../engine/events";
import { nameOf } from "../../engine/urn";
import type { TestProject } from "./project";
import {
  PASSPHRASE,
  pulumiVersion,
  type ConfigValue,
  type OperationOptions,
  type OperationResult,
  type Stack,
  type StackSettings,
  type State,
} from "./stack";

/** A stack run by the real `pulumi`, by Pulumi's own Automation API, with its state in the project's directory. */
export async function openCliStack(
  project: TestProject,
  name: string,
  { config, env }: StackSettings,
): Promise<Stack> {
  const version = pulumiVersion();
  if (!version) throw new Error("there is no `pulumi` on the PATH");
  const home = path.join(project.dir, ".pulumi-home");
  fs.mkdirSync(home, { recursive: true });
  const envVars = {
    ...env,
    PULUMI_BACKEND_URL: `file://${home}`,
    PULUMI_HOME: home,
    PULUMI_CONFIG_PASSPHRASE: PASSPHRASE,
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
  };
  const stack = await LocalWorkspace.createOrSelectStack(
    { stackName: name, workDir: project.dir },
    {
      envVars,
    },
  );
  const setConfig = (key: string, value: ConfigValue) =>
    stack.setConfig(
      key,
      typeof value === "string"
        ? { value }
        : { value: value.secret, secret: true },
    );
  for (const [key, value] of Object.entries(config))
    await setConfig(key, value);
  let outputs: Record<string, unknown> = {};
  const run = async (
    operation: Operation,
    options: OperationOptions = {},
  ): Promise<OperationResult> => {
    const collected = collector(options);
    try {
      await operation(stack, {
        ...{ parallel: options.parallel, target: options.target },
        ...{ signal: options.signal, onEvent: collected.onEvent },
      });
    } catch (error) {
      return collected.result(
        false,
        error instanceof Error ? error.message : String(error),
      );
    } finally {
      const found = await stack.outputs();
      outputs = Object.fromEntries(
        Object.entries(found).map(([key, { value }]) => [key, value]),
      );
    }
    return collected.result(true);
  };
  return {
    engine: `pulumi ${version}`,
    setConfig,
    preview: (options) => run((on, o) => on.preview(o), options),
    up: (options) => run((on, o) => on.up(o), options),
    refresh: (options) => run((on, o) => on.refresh(o), options),
    destroy: (options) => run((on, o) => on.destroy(o), options),
    startUp: () =>
      spawn(
        "pulumi",
        [
          ...["up", "--yes", "--skip-preview", "--non-interactive"],
          ...["--parallel", "32", "--stack", name],
        ],
        {
          cwd: project.dir,
          stdio: "ignore",
          env: { ...process.env, ...envVars },
        },
      ),
    outputs: () => outputs,
    state: async () => (await stack.exportStack()) as unknown as State,
  };
}

type Operation = (
  stack: CliStack,
  options: Omit<OperationOptions, "onEvent"> & {
    onEvent: (event: CliEvent) => void;
  },
) => Promise<unknown>;

/** What the CLI tells, in the terms of our own engine. */
function collector({ onEvent }: OperationOptions) {
  const diagnostics: OperationResult["diagnostics"] = [];
  let summary: Summary = emptySummary();
  return {
    onEvent: (event: CliEvent) => {
      const told = event.diagnosticEvent;
      if (told) {
        const { severity, message, urn, ephemeral = false } = told;
        const diagnostic = { severity, message, urn, ephemeral };
        diagnostics.push(diagnostic);
        onEvent?.({ type: "diagnostic", ...diagnostic });
      }
      const begun = event.resourcePreEvent?.metadata;
      if (begun)
        onEvent?.({
          type: "begin",
          op: opOf(begun.op),
          resource: {
            urn: begun.urn,
            type: begun.type,
            name: nameOf(begun.urn),
          },
        });
      if (event.summaryEvent)
        summary = summarized(event.summaryEvent.resourceChanges);
    },
    result: (ok: boolean, failure?: string): OperationResult => ({
      ok,
      summary,
      diagnostics: diagnostics.filter(({ ephemeral }) => !ephemeral),
      outputs: {},
      ...(failure === undefined ? {} : { failure }),
    }),
  };
}

function opOf(op: string): Op {
  if (op.startsWith("delete-replaced")) return "deleteReplaced";
  if (op.endsWith("replace") || op === "replace") return "replace";
  return op as Op;
}

function summarized(changes: OpMap): Summary {
  const summary = emptySummary();
  for (const [op, count = 0] of Object.entries(changes))
    if (op in summary) summary[op as keyof Summary] += count;
  return summary;
}
