import * as pulumi from "@pulumi/pulumi";
import { RollingAction } from "pulumi-locked-action";

interface Host {
  host: string;
  port?: number;
  /** Extended regular expression over the name of its service's process. */
  process: string;
}

const config = new pulumi.Config();
// by names that stay: adding or removing a host touches no other
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
  action: { command: config.get("command") ?? "systemctl restart nginx" },
  lock: { name: "web-restart" },
  maxUnavailable: "25%", // rounded down, at least one
  triggers: [config.require("version")], // another value restarts all of them
});

export const summary = restart.summary;
export const results = restart.results;
