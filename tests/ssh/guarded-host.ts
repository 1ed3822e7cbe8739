import fs from "node:fs";
import path from "node:path";
import type { Script } from "../../core/ssh/types";
import { eventually } from "../support/eventually";
import { removeGuards } from "./machine";
import { extended, oneHost } from "./one-host";

/** A host, keys of guards that are cleaned up afterwards, and acts to be guarded. */
export function guardedHost() {
  const at = oneHost();
  const keys: string[] = [];
  after(() => removeGuards(...keys));

  const newKey = () => {
    const key = `test-${process.pid}-${keys.length}-`;
    keys.push(key);
    return key;
  };
  const file = (name: string) =>
    path.join(at.sandbox.dir, `${name}-${keys.length}`);
  const guarded = (
    key: string,
    runId: string,
    body: string,
    more: Partial<Script> = {},
  ): Script => ({
    body,
    timeout: 60,
    guard: { key, runId },
    ...more,
  });
  /** A body that acts until it is told to stop, and leaves its traces. */
  const acting = (begun: string, go: string, then = "") =>
    `echo begun >>${begun}; while [ ! -e ${go} ]; do sleep 0.02; done; ${then}`;
  const seen = (name: string) =>
    eventually(`${name} is there`, () => fs.existsSync(name));

  return extended(at, {
    newKey,
    file,
    guarded,
    acting,
    seen,
  });
}
