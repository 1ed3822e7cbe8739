import { Interrupted } from "./errors";

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/** Aborted, with an `Interrupted` as its reason, by a signal or by a reader of our output that has gone. */
export function listenForInterruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of SIGNALS)
    process.on(name, () => controller.abort(new Interrupted(name)));
  process.stdout.on("error", () =>
    controller.abort(new Interrupted("SIGPIPE")),
  );
  process.stderr.on("error", () => {}); // nobody is left to tell
  return controller.signal;
}

/** The work's result, or the interruption if that comes first. */
export async function unlessInterrupted<T>(
  signal: AbortSignal,
  work: Promise<T>,
): Promise<T> {
  let stop = () => {};
  const interrupted = new Promise<never>((_, reject) => {
    stop = () => reject(signal.reason as Error);
    if (signal.aborted) stop();
    else signal.addEventListener("abort", stop);
  });
  try {
    return await Promise.race([work, interrupted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}
