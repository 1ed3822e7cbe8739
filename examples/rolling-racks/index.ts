import * as pulumi from "@pulumi/pulumi";
import { RollingAction } from "pulumi-locked-action";

interface Host {
  host: string;
  port?: number;
  /** Where it stands: data is replicated between racks, never within one. */
  rack: string;
  /** Extended regular expression over the name of its service's process. */
  process: string;
}

const config = new pulumi.Config();
const hosts = config.requireObject<Record<string, Host>>("hosts");

const restart = new RollingAction("restart", {
  hosts: Object.fromEntries(
    Object.entries(hosts).map(([name, { rack, process, ...address }]) => [
      name,
      {
        connection: {
          ...address,
          user: config.get("user"),
          privateKey: config.requireSecret("privateKey"),
          knownHosts: config.get("knownHosts"), // else ~/.ssh/known_hosts
        },
        target: name,
        group: rack,
        process: { commandString: process },
      },
    ]),
  ),
  action: { command: config.get("command") ?? "systemctl restart datanode" },
  health: { command: config.get("health") ?? "true", timeout: 5 },
  lock: { name: "datanodes" },
  groups: "oneAtATime", // a rack is finished before the next one is begun
  maxUnavailable: 2, // of the one rack
  triggers: [config.require("version")], // another value restarts all of them
});

export const summary = restart.summary;
export const results = restart.results;
