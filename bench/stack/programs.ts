/** How many resources the programs declare. */
export const RESOURCES = 500;

// The same inputs for both; a connection's key is a secret, as it would be.
const DECLARE = `
const config = new pulumi.Config();
const hosts = config.requireObject<{ host: string; port: number; user: string; knownHosts: string }[]>("hosts");
const privateKey = config.requireSecret("privateKey");
for (let i = 0; i < ${RESOURCES}; i++)
  new Declared(\`restart-\${i}\`, {
    connection: { ...hosts[i % hosts.length]!, privateKey },
    target: \`web\${i}\`,
    action: { command: "true" },
    lock: { name: \`restart-\${i}\` },
    triggers: ["first"],
  });
`;

export const LOCKED_ACTIONS = `
import * as pulumi from "@pulumi/pulumi";
import { LockedAction as Declared } from "pulumi-locked-action";
${DECLARE}`;

/** The plainest dynamic resource there is: its provider can do nothing but create. */
export const PLAIN_RESOURCES = `
import * as pulumi from "@pulumi/pulumi";

const provider: pulumi.dynamic.ResourceProvider = {
  create: async (inputs) => ({ id: "plain", outs: inputs }),
};
class Declared extends pulumi.dynamic.Resource {
  constructor(name: string, args: pulumi.Inputs) {
    super(provider, name, args);
  }
}
${DECLARE}`;
