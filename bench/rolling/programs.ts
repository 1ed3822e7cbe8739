/** How many hosts a program rolls, and how many at once. */
export const HOSTS = 100;
export const WIDTH = 10;

const CONFIG = `
const config = new pulumi.Config();
type Address = { host: string; port: number; user: string; knownHosts: string };
const addresses = config.requireObject<Address[]>("hosts");
const privateKey = config.requireSecret("privateKey");
const names = Array.from({ length: ${HOSTS} }, (_, i) => \`web\${i + 1}\`);
const connectionOf = (i: number) => ({ ...addresses[i % addresses.length]!, privateKey });
`;

export const ROLLING_ACTION = `
import * as pulumi from "@pulumi/pulumi";
import { RollingAction } from "pulumi-locked-action";
${CONFIG}
new RollingAction("roll", {
  hosts: Object.fromEntries(names.map((name, i) => [name, { connection: connectionOf(i), target: name }])),
  action: { command: "true" },
  maxUnavailable: ${WIDTH},
  lock: { name: "roll" },
});
`;

/** What a user would write without a lock: each resource dials, runs the command and hangs up. */
export const PLAIN_RESOURCES = `
import * as pulumi from "@pulumi/pulumi";
${CONFIG}
const provider: pulumi.dynamic.ResourceProvider = {
  create: async ({ connection }) => {
    const { Client } = require("ssh2");
    const client = new Client();
    await new Promise<void>((resolve, reject) => {
      client.on("error", reject);
      client.on("ready", () =>
        client.exec("true", (error: unknown, stream: any) => {
          if (error) return reject(error);
          stream.on("exit", (code: number) => (code === 0 ? resolve() : reject(new Error(String(code)))));
          stream.resume();
        }),
      );
      const { host, port, user: username, privateKey } = connection;
      client.connect({ host, port, username, privateKey });
    });
    client.end();
    return { id: "plain" };
  },
};
class Plain extends pulumi.dynamic.Resource {
  constructor(name: string, args: pulumi.Inputs) {
    super(provider, name, args);
  }
}
for (const [i, name] of names.entries()) new Plain(name, { connection: connectionOf(i) });
`;
