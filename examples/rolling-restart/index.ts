import * as pulumi from "@pulumi/pulumi";
import { LockedAction } from "pulumi-locked-action";

interface Host {
  /** Names the machine in the lock and in messages. */
  name: string;
  host: string;
  port?: number;
  /** Extended regular expression over the name of its service's process. */
  process: string;
}

const config = new pulumi.Config();
const hosts = config.requireObject<Host[]>("hosts");
const setting = config.require("setting");

const restarts = hosts.map(
  ({ name, host, port, process }) =>
    new LockedAction(`restart-${name}`, {
      connection: {
        host,
        port,
        user: config.get("user"),
        privateKey: config.requireSecret("privateKey"),
        knownHosts: config.get("knownHosts"), // else ~/.ssh/known_hosts
      },
      target: name,
      action: {
        // SETTING is in the script's environment; it is never pasted into the text
        command: config.require("command"),
        environment: { SETTING: setting },
        timeout: 30,
      },
      process: { commandString: process },
      health: { command: config.get("health") ?? "true", timeout: 5 },
      lock: { name: "web-restart" }, // one machine at a time, whoever deploys
      triggers: [setting],
    }),
);

export const report = pulumi
  .all(
    restarts.map((restart) =>
      pulumi.all([
        restart.target,
        restart.outcome,
        restart.processBefore,
        restart.processAfter,
        restart.lock,
      ]),
    ),
  )
  .apply((all) =>
    all.map(([target, outcome, before, after, lock]) => ({
      target,
      outcome,
      before,
      after,
      waited: lock?.waited,
      held: lock?.held,
    })),
  );
