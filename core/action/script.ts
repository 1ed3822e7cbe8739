import type { Script } from "../ssh/types";
import type { Context } from "./context";
import type { Rights } from "./types";

/** A command of the user's that goes with the act: gate, drain, health, undrain. */
export function sideScript(
  context: Context,
  command: { command: string } & Rights,
  timeout: number,
): Script {
  return {
    body: command.command,
    environment: ownEnvironment(context),
    timeout,
    ...rights(command),
  };
}

export function rights({ sudo, sudoPassword }: Rights): Rights {
  return {
    ...(sudo === undefined ? {} : { sudo }),
    ...(sudoPassword === undefined ? {} : { sudoPassword }),
  };
}

/** What every command of the user's may know of its run. */
export function ownEnvironment(context: Context): Record<string, string> {
  const { spec, journal, runId } = context;
  return {
    LOCKED_ACTION_NAME: spec.lock.name,
    LOCKED_ACTION_HOST: spec.owner.target,
    LOCKED_ACTION_RUN_ID: runId,
    ...(journal.lock
      ? { LOCKED_ACTION_FENCING_TOKEN: journal.lock.fencingToken }
      : {}),
  };
}
