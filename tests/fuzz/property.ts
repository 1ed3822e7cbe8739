import fc from "fast-check";

/** What must hold for whatever comes. */
export interface Property {
  name: string;
  /** Examples in the suite; for longer, `npm run fuzz` goes on with other seeds. */
  runs: number;
  /** Starts what it needs; it is stopped afterwards. */
  start?: () => Promise<() => Promise<void>>;
  property: () => fc.IRawProperty<unknown, boolean>;
}

/** Seconds of CPU for one example: each is small. */
const LONGEST = 1;
/** Bytes by which the process may grow in one example. */
const LARGEST = 256 * 1024 * 1024;

/** Characters of one that are shown. */
const LONGEST_EXAMPLE = 3000;

/** Runs something, and says what it gave. @throws if it took too long, or too much memory */
export function bounded<T>(what: string, run: () => T): T {
  const [time, memory] = [process.cpuUsage(), process.memoryUsage.rss()];
  const result = run();
  const { user, system } = process.cpuUsage(time);
  const took = (user + system) / 1e6;
  if (took > LONGEST) throw new Error(`${what} took ${took} s of CPU`);
  const grown = process.memoryUsage.rss() - memory;
  if (grown > LARGEST) throw new Error(`${what} took ${grown} bytes`);
  return result;
}

/** Of something that must answer at all, within so many seconds. */
export async function answered<T>(
  what: string,
  seconds: number,
  answer: Promise<T>,
): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new Error(`${what}: no answer within ${seconds} s`)),
      seconds * 1000,
    );
  });
  return Promise.race([answer, late]).finally(() => clearTimeout(timer));
}

/** Checks a property with a seed; `null`: it holds, else what broke it and how to see that again. */
export async function broken(
  { name, property }: Property,
  seed: number,
  runs: number,
): Promise<string | null> {
  const stray: unknown[] = [];
  const see = (error: unknown) => void stray.push(error);
  process.on("uncaughtException", see);
  process.on("unhandledRejection", see);
  try {
    const result = await fc.check(property(), {
      seed,
      numRuns: runs,
      // shrinking takes long where an example does
      interruptAfterTimeLimit: 300_000,
    });
    await new Promise(setImmediate);
    const again = `\nagain: npm run fuzz -- --only '${name}' --seed ${seed} --runs ${runs}`;
    if (result.failed) {
      const { errorInstance, counterexample } = result;
      const seen = fc.stringify(counterexample).slice(0, LONGEST_EXAMPLE);
      return `${(errorInstance as Error | null)?.stack ?? "no answer"}\nfor ${seen}${again}`;
    }
    if (stray.length > 0)
      return `nobody caught: ${stray.map((each) => (each as Error)?.stack ?? String(each)).join("\n")}${again}`;
    return null;
  } finally {
    process.off("uncaughtException", see);
    process.off("unhandledRejection", see);
  }
}
