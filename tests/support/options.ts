/** Reads a command line as `read` does: `null` is the help. Where nothing is to be run, says why, and returns the exit code. */
export function optionsOr<T>(
  read: (args: string[]) => T | null,
  args: string[],
  help: string,
): { options: T } | { code: number } {
  try {
    const options = read(args);
    if (options) return { options };
    console.log(help);
    return { code: 0 };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${help}`);
    return { code: 2 };
  }
}
