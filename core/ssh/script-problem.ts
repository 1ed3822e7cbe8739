import type { Script } from "./types";

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const USER = /^(#[0-9]+|[A-Za-z0-9_][A-Za-z0-9._-]*\$?)$/;
const KEY = /^[A-Za-z0-9._-]{1,200}$/;
const RUN = /^[A-Za-z0-9._:-]{1,200}$/;

/** What is wrong with a script before it is sent; null if nothing is. Never repeats a value that may be secret. */
export function describeScriptProblem(script: Script): string | null {
  const { body, environment = {}, timeout, sudo, sudoPassword, guard } = script;
  if (body.includes("\0")) return "the script contains NUL";
  if (!Number.isFinite(timeout) || timeout <= 0)
    return `timeout: expected seconds above 0, got ${timeout}`;
  for (const [name, value] of Object.entries(environment)) {
    if (!NAME.test(name))
      return `environment: ${JSON.stringify(name)} is no name of a variable`;
    if (value.includes("\0")) return `environment: ${name} contains NUL`;
  }
  if (typeof sudo === "string" && !USER.test(sudo))
    return `sudo: ${JSON.stringify(sudo)} is no user name`;
  if (sudoPassword !== undefined && /[\0\r\n]/.test(sudoPassword))
    return "sudoPassword: a password of one line is expected";
  if (guard && !KEY.test(guard.key))
    return `guard: ${JSON.stringify(guard.key)} is no name of a file`;
  if (guard && !RUN.test(guard.runId))
    return `guard: ${JSON.stringify(guard.runId)} is no run id`;
  return null;
}
