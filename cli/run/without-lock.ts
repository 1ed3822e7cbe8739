import { jsonText } from "../json-text";
import { usage } from "../errors";
import { environmentOf } from "./environment";
import { forwardSignals } from "./forwarded-signals";
import { LocalCommand } from "./local-command";
import type { RunOptions } from "./request";

const VARIABLES = ["LOCKED_ACTION_SKIP", "LOCKED_ACTION_SKIP_COORDINATION"];

/** Whether no lock is wanted: by `--skip`, or by the environment. @throws CommandError for another word than yes or no */
export function isSkipped(
  { skip }: Pick<RunOptions, "skip">,
  environment: NodeJS.ProcessEnv,
): boolean {
  if (skip) return true;
  const name = VARIABLES.find((variable) => environment[variable]);
  if (name === undefined) return false;
  const word = environment[name]!;
  if (/^(1|true|yes)$/i.test(word)) return true;
  if (/^(0|false|no)$/i.test(word)) return false;
  throw usage(`${name}: expected true or false`);
}

/** The command alone, as `lock.skip` has it: ZooKeeper is not asked, and nothing is hidden. @returns its exit code */
export async function runWithoutLock(
  name: string,
  words: string[],
  options: RunOptions,
  { json }: { json: boolean },
): Promise<number> {
  const warning = `warning: the lock ${name} is skipped: nothing keeps others from acting at the same time`;
  if (!json) process.stderr.write(`${warning}\n`);
  const command = new LocalCommand(
    words,
    environmentOf(process.env, options, { LOCKED_ACTION_NAME: name }),
  );
  const stop = forwardSignals((signal) => command.send(signal));
  try {
    const { code } = await command.run();
    if (json)
      process.stderr.write(
        `${jsonText({
          ...{ lock: name, holder: null, fencingToken: null, adopted: null },
          ...{ waitedSeconds: 0, heldSeconds: 0, exit: code, kept: false },
          ...{ result: "skipped", warning },
        })}\n`,
      );
    return code;
  } finally {
    stop();
  }
}
