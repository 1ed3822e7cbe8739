import fs from "node:fs";

/** Milliseconds for all of it: the engine kills after five seconds. */
const TIME = 4500;

/**
 * The end of a provider's process: SIGINT comes at the end of every operation, the
 * end of stdin says that the engine died. `close` stops what waits and closes what is open.
 */
export function onShutdown(close: () => Promise<void>): void {
  let ending = false;
  const end = () => {
    if (ending) return;
    ending = true;
    setTimeout(() => process.exit(1), TIME);
    void close()
      .catch(() => {})
      .then(() => process.exit(0));
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, end);
  if (!isPipe(0)) return; // a closed or empty stdin says nothing
  process.stdin.on("end", end).on("error", end).resume();
}

function isPipe(descriptor: number): boolean {
  try {
    const stat = fs.fstatSync(descriptor);
    return stat.isFIFO() || stat.isSocket();
  } catch {
    return false;
  }
}
