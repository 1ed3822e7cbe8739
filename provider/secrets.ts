import { createHash } from "node:crypto";
import type { Act } from "../core/action/types";
import type { ConnectionOptions } from "../core/ssh/types";
import type { Plan } from "./plan";

/** For lock data: what is done, without a command's text. */
export function describeAct(act: Act): string {
  if (act.kind === "service") return `${act.perform} ${act.service}`;
  if (act.kind === "reboot") return "reboot";
  const hash = createHash("sha256").update(act.command).digest("hex");
  return `command ${hash.slice(0, 12)}`;
}

/** Every value that must not be seen anywhere. */
export function secretsOf({ connection, act, lock, ...plan }: Plan): string[] {
  const found: (string | undefined)[] = [];
  for (let hop: ConnectionOptions | undefined = connection; hop;) {
    found.push(hop.password, hop.privateKey, hop.privateKeyPassword);
    hop = hop.proxy;
  }
  const { onlyIf, gate, health, drain, undrain } = plan;
  for (const part of [act, onlyIf, gate, health, drain, undrain])
    found.push(part?.sudoPassword);
  for (const { credentials } of lock.auth)
    found.push(credentials, credentials.slice(credentials.indexOf(":") + 1));
  // an environment has many a harmless short value, that is in half of all messages
  if (act.kind === "command") {
    const { environment = {}, stdin = "" } = act;
    for (const value of [...Object.values(environment), ...stdin.split("\n")])
      if (value.length >= 8 && value !== plan.target) found.push(value);
  }
  return found.filter((value) => value !== undefined);
}
