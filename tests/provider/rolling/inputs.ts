import type { RollingActionInputs } from "../../../provider/schema/rolling";
import { withInput } from "../inputs";

type Inputs = Record<string, unknown>;

/** The least inputs of a `RollingAction` of so many hosts: web1, web2 … */
export function fleetInputs(count = 2): Inputs {
  const names = Array.from({ length: count }, (_, i) => `web${i + 1}`);
  const connection = (host: string) => ({ host, insecureIgnoreHostKey: true });
  return {
    hosts: Object.fromEntries(
      names.map((name) => [name, { connection: connection(name) }]),
    ),
    action: { service: "nginx" },
    lock: { name: "web", servers: "zk1:2181" },
  };
}

/** Four hosts in two racks, a and b. */
export function rackInputs(over: Inputs = {}): Inputs {
  const inputs = fleetInputs(4);
  const hosts = inputs.hosts as Record<string, Inputs>;
  for (const [i, host] of Object.values(hosts).entries())
    host.group = i % 2 === 0 ? "a" : "b";
  return { ...inputs, ...over };
}

/** These inputs with values put at paths. */
export function changed(
  inputs: Inputs,
  ...changes: [path: string, value: unknown][]
): Inputs {
  for (const [path, value] of changes) withInput(path, value, inputs);
  return inputs;
}

/** As `check` has passed them. */
export const typed = (inputs: Inputs) =>
  inputs as unknown as RollingActionInputs;
