/** How many resources a program declares, and how many of them act in the other one. */
export const RESOURCES = 500;
export const ACTING = 100;

// The same inputs for all; a connection's key is a secret, as it would be.
const declare = (count: number) => `
const config = new pulumi.Config();
const hosts = config.requireObject<{ host: string; port: number; user: string; knownHosts: string }[]>("hosts");
const privateKey = config.requireSecret("privateKey");
for (let i = 0; i < ${count}; i++)
  new Declared(\`restart-\${i}\`, {
    connection: { ...hosts[i % hosts.length]!, privateKey },
    target: \`web\${i}\`,
    action: { command: "true" },
    lock: { name: \`restart-\${i}\` },
    triggers: ["first"],
  });
`;

export const lockedActions = (count: number) => `
import * as pulumi from "@pulumi/pulumi";
import { LockedAction as Declared } from "pulumi-locked-action";
${declare(count)}`;

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
${declare(RESOURCES)}`;

/** What Pulumi itself takes for as many: a provider's text of one line, no checks, no outputs of its own. */
export const EMPTY_RESOURCES = `
import * as pulumi from "@pulumi/pulumi";

const provider = "exports.handler = () => ({ create: async (inputs) => ({ id: 'empty', outs: inputs }) })";
class Declared extends pulumi.CustomResource {
  constructor(name: string, args: pulumi.Inputs) {
    super("pulumi-nodejs:dynamic:Empty", name, { ...args, __provider: provider });
  }
}
${declare(RESOURCES)}`;
