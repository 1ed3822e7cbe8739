import * as pulumi from "@pulumi/pulumi";
import { LockedAction } from "pulumi-locked-action";

// pulumi config set locked-action:zookeeperServers zk1:2181,zk2:2181,zk3:2181
// pulumi config set host web1.example.com
// pulumi config set --secret privateKey < ~/.ssh/id_ed25519
// pulumi config set version 1     (another value restarts the service)
const config = new pulumi.Config();

const restart = new LockedAction("restart-web1", {
  connection: {
    host: config.require("host"),
    port: config.getNumber("port") ?? 22,
    user: config.get("user") ?? "root",
    privateKey: config.requireSecret("privateKey"),
    knownHosts: config.get("knownHosts"), // else ~/.ssh/known_hosts
  },
  action: { command: config.get("command") ?? "systemctl restart nginx" },
  process: { commandString: config.get("pattern") ?? "^nginx$" },
  lock: { name: "web-restart" },
  triggers: [config.require("version")],
});

export const outcome = restart.outcome;
export const before = restart.processBefore;
export const after = restart.processAfter;
