import type { ConnectionOptions } from "../../../core/ssh/types";
import { startHosts } from "../../support/hosts";
import type { Sandbox } from "../../support/sandbox";
import { connect } from "../../ssh/connect";
import { startEarlyServer } from "../../ssh/early-server";
import { find } from "../../ssh/machine";
import { startPrivateHost, whyNoPrivateHost } from "../../ssh/private-host";

export const SERVERS = ["sshd", "dropbear", "early"] as const;
export type Server = (typeof SERVERS)[number];

/** Why there can be no such server here; null if there can. */
export function whyNot(server: Server): string | null {
  if (server !== "dropbear") return null;
  if (!find("dropbear")) return "dropbear is not on this machine";
  return whyNoPrivateHost();
}

/** A host with such a server. */
export async function serve(
  sandbox: Sandbox,
  server: Server,
): Promise<{
  port: number;
  connection: ConnectionOptions;
  close(): void;
}> {
  const nothing = () => {};
  switch (server) {
    case "sshd": {
      const fleet = await startHosts(sandbox, ["web1"]);
      const { host, port, user, privateKey } = fleet.connection("web1");
      const { hostKey } = fleet.host("web1");
      const connection = connect({ host, port, user, privateKey, hostKey });
      return { port, connection, close: nothing };
    }
    case "dropbear": {
      const host = await startPrivateHost(sandbox, [], { server });
      const connection = host.connection("root");
      return { port: host.port, connection, close: nothing };
    }
    case "early": {
      const { port, hostKey, close } = await startEarlyServer(sandbox);
      const connection = connect({
        ...{ host: "127.0.0.1", port, user: "any", hostKey },
      });
      return { port, connection, close };
    }
  }
}
