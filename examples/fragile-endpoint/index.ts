import * as pulumi from "@pulumi/pulumi";
import { LockedAction } from "pulumi-locked-action";

// The licence server falls over when two clients check out at once. There is no
// process to watch: the exit code of the command is all there is to go by, and
// `verified` says so.
const config = new pulumi.Config();
const clients =
  config.requireObject<{ name: string; host: string; port?: number }[]>(
    "clients",
  );

export const verified = clients.map(
  ({ name, host, port }) =>
    new LockedAction(`checkout-${name}`, {
      connection: {
        host,
        port,
        user: config.get("user"),
        privateKey: config.requireSecret("privateKey"),
        knownHosts: config.get("knownHosts"),
      },
      target: name,
      action: { command: config.require("command"), timeout: 60 },
      lock: { name: "licence-server", timeout: 600 },
      triggers: [config.require("licence")],
    }).verifiedBy,
);
