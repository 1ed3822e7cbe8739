import os from "node:os";

/** Not passed: nobody can catch them, they tell of a fault of our own, or the kernel sends them for our own children and pipes. */
const OURS = new Set([
  ...["SIGKILL", "SIGSTOP", "SIGCHLD", "SIGPIPE"],
  ...["SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGSEGV"],
]);
/** They stop us too, and start us again. */
const STOP = "SIGTSTP";
const CONTINUE = "SIGCONT";

/** All signals that can be passed, each number once. */
export const FORWARDED: NodeJS.Signals[] = [
  ...new Map(
    Object.entries(os.constants.signals)
      .reverse()
      .map(([name, number]) => [number, name as NodeJS.Signals]),
  ).values(),
].filter((name) => !OURS.has(name) && name !== STOP && name !== CONTINUE);

/**
 * Passes what is sent to us to a command in a session of its own, each signal once: no
 * terminal sends it anything. Node's debugger does not open on SIGUSR1 meanwhile.
 * @returns ends it
 */
export function forwardSignals(
  send: (signal: NodeJS.Signals) => void,
): () => void {
  const listeners = new Map<NodeJS.Signals, () => void>();
  for (const signal of FORWARDED) listeners.set(signal, () => send(signal));
  listeners.set(STOP, () => {
    // not SIGTSTP: a session without a terminal ignores it
    send("SIGSTOP");
    process.kill(process.pid, "SIGSTOP");
  });
  listeners.set(CONTINUE, () => send("SIGCONT"));
  for (const [signal, listener] of listeners) listen(signal, listener);
  return () => {
    for (const [signal, listener] of listeners) process.off(signal, listener);
  };
}

function listen(signal: NodeJS.Signals, listener: () => void): void {
  try {
    process.on(signal, listener);
  } catch {
    // this system does not let anybody catch it
  }
}
