import * as pulumi from "@pulumi/pulumi";
import { RollingAction } from "pulumi-locked-action";

interface Host {
  host: string;
  port?: number;
  /** Extended regular expression over the name of its service's process. */
  process: string;
}

const config = new pulumi.Config();
const hosts = config.requireObject<Record<string, Host>>("hosts");

const restart = new RollingAction("restart", {
  hosts: Object.fromEntries(
    Object.entries(hosts).map(([name, { process, ...address }]) => [
      name,
      {
        connection: {
          ...address,
          user: config.get("user"),
          privateKey: config.requireSecret("privateKey"),
          knownHosts: config.get("knownHosts"), // else ~/.ssh/known_hosts
        },
        target: name,
        process: { commandString: process },
      },
    ]),
  ),
  action: { command: config.get("command") ?? "systemctl restart search" },
  lock: { name: "search" },
  maxUnavailable: 2,
  // before each host is taken down: exit 0 is yes, 75 not yet, anything else never
  gate: { command: config.require("clusterIsGreen"), timeout: 600 },
  health: {
    command: config.require("hostIsHealthy"),
    minHealthy: config.getNumber("healthySeconds") ?? 10,
  },
  // one host, watched for longer; if it does not stay healthy nobody else is touched
  canary: { count: 1, minHealthy: config.getNumber("canarySeconds") ?? 120 },
  triggers: [config.require("version")], // another value restarts all of them
});

export const summary = restart.summary;
export const results = restart.results;
