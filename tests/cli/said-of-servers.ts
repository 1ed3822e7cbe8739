import { doctorJson, errorJson } from "../../cli/json";
import type { Sandbox } from "../support/sandbox";
import { locked } from "./command";

/** What `run` says of servers that keep it from its lock. */
export async function runAt(sandbox: Sandbox, servers: string) {
  const { code, stderr } = await locked(sandbox, [
    ...["run", "web", "--servers", servers, "--json"],
    ...["--connect-timeout", "5", "--", "true"],
  ]);
  const { error } = errorJson.parse(JSON.parse(stderr));
  return { code, said: [error.message, ...error.story].join("\n") };
}

/** What `doctor` says of them: a line for each check. */
export async function doctorAt(
  sandbox: Sandbox,
  servers: string,
): Promise<string> {
  const { stdout } = await locked(sandbox, [
    ...["doctor", "--json", "--servers", servers],
    ...["--connect-timeout", "2"],
  ]);
  const { checks } = doctorJson.parse(JSON.parse(stdout));
  return checks
    .map(({ check, result, found, advice }) =>
      [check, result, found, ...advice].join(" | "),
    )
    .join("\n");
}
