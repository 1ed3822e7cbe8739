import type { EventEmitter } from "node:events";
import type { SessionState } from "./supervised-client";
import type { System } from "./system";

export interface Wait {
  signal?: AbortSignal;
  /** Milliseconds, however many. */
  within: number;
}

interface Connecting extends EventEmitter {
  readonly state: SessionState;
  readonly reason: string;
  readonly system: System;
}

/** Resolves at the next connection. @throws when it is aborted, late, refused or closed */
export function whenConnected(
  session: Connecting,
  { signal, within }: Wait,
): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const done = (error?: Error) => {
      callOff();
      session.off("connected", check).off("refused", check);
      session.off("closed", check);
      signal?.removeEventListener("abort", aborted);
      if (error) reject(error);
      else resolve();
    };
    const check = () => {
      if (session.state === "connected") done();
      else if (session.state !== "suspended") done(new Error(session.reason));
    };
    const aborted = () => done(new Error("cancelled"));
    const late = () => done(new Error(session.reason));
    const callOff = session.system.after(within, late);
    session.on("connected", check).on("refused", check).on("closed", check);
    signal?.addEventListener("abort", aborted);
    if (signal?.aborted) aborted();
    else check();
  });
}
