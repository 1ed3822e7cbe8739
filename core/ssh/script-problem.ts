import type { Script } from "./types";

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const USER = /^(#[0-9]+|[A-Za-z0-9_][A-Za-z0-9._-]*\$?)$/;
const KEY = /^[A-Za-z0-9._-]{1,200}$/;
const RUN = /^[A-Za-z0-9._:-]{1,200}$/;

/** A shell does not let anybody set these, or takes them for itself. */
const UNSETTABLE = new Set([
  ...["UID", "EUID", "GID", "EGID", "PPID", "USERNAME"],
  ...["SHELLOPTS", "BASHOPTS", "BASH_VERSINFO"],
  // numbers of the shell's own: it ends where another value is given
  ...["OPTIND", "LINENO", "RANDOM", "SECONDS"],
]);

/** What is wrong with the name of a variable of the body's environment; null if nothing is. */
export function describeVariableProblem(name: string): string | null {
  if (!NAME.test(name))
    return "expected a name of letters, digits and _, not beginning with a digit";
  return UNSETTABLE.has(name)
    ? `no program can set ${name}: some shells have it as a variable of their own`
    : null;
}

/** What is wrong with a script before it is sent; null if nothing is. Never repeats a value that may be secret. */
export function describeScriptProblem(script: Script): string | null {
  const { body, environment = {}, timeout, sudo, sudoPassword, guard } = script;
  if (body.includes("\0")) return "the script contains NUL";
  if (!Number.isFinite(timeout) || timeout <= 0)
    return `timeout: expected seconds above 0, got ${timeout}`;
  for (const [name, value] of Object.entries(environment)) {
    if (!NAME.test(name))
      return `environment: ${JSON.stringify(name)} is no name of a variable`;
    const problem = describeVariableProblem(name);
    if (problem) return `environment: ${problem}`;
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
