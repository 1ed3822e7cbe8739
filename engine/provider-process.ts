import { setTimeout as pause } from "node:timers/promises";
import { Child } from "./child";
import type { Emit } from "./events";
import type { Project } from "./project";
import { ProviderFailure } from "./provider-errors";

/** What a provider is given to end by itself when its operation does, in milliseconds. */
export const END_GRACE = 5000;
const START_WITHIN = 60_000;

/**
 * Starts the SDK's process for dynamic resources. The end of its stdin tells it
 * that we are gone.
 *
 * @param engine the address at which it finds us
 * @returns the process, and the address at which we find it
 */
export async function startProviderProcess(
  project: Project,
  engine: string,
  env: NodeJS.ProcessEnv,
  emit: Emit,
): Promise<{ child: Child; address: string }> {
  const tell = (severity: "info" | "info#err") => (message: string) =>
    emit({ type: "diagnostic", severity, message, ephemeral: false });
  let found: (port: string) => void = () => {};
  const port = new Promise<string>((resolve) => (found = resolve));
  let first = true;
  const child = Child.start({
    args: [project.sdk("cmd/dynamic-provider/index.js"), engine],
    cwd: project.programDir,
    env,
    stdin: "pipe",
    onOutput: (line) => {
      if (!first) return tell("info")(line);
      first = false;
      found(line.trim());
    },
    onError: tell("info#err"),
  });
  try {
    return { child, address: `127.0.0.1:${await started(child, port)}` };
  } catch (error) {
    await child.end(END_GRACE);
    throw error;
  }
}

async function started(child: Child, port: Promise<string>): Promise<string> {
  const done = new AbortController();
  const late = pause(START_WITHIN, undefined, { signal: done.signal }).then(
    () => {
      throw new ProviderFailure(
        `the provider's process told no port within ${START_WITHIN / 1000} s`,
      );
    },
  );
  const exit = child.exit.then(({ code, signal }) => {
    throw new ProviderFailure(
      `the provider's process ended at its start (${signal ?? `exit code ${code}`})`,
    );
  });
  late.catch(() => {}); // put off when the port is there
  exit.catch(() => {}); // from then on its calls tell
  try {
    return await Promise.race([port, exit, late]);
  } finally {
    done.abort();
  }
}
