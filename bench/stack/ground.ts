import { startHosts, type Fleet } from "../../tests/support/hosts";
import type { StackSettings } from "../../tests/support/stack";
import {
  startZookeeper,
  type ZookeeperServer,
} from "../../tests/support/zookeeper";
import type { Bench } from "../frame";

/** What the questions about stacks have in common. */
export interface Ground {
  bench: Bench;
  zookeeper: ZookeeperServer;
  fleet: Fleet;
  /** Hosts, their key and ZooKeeper's servers, as programs and providers are told them. */
  settings: StackSettings;
}

const HOSTS = ["web1", "web2", "web3", "web4"];

export async function openGround(bench: Bench): Promise<Ground> {
  const { sandbox } = bench;
  const zookeeper = await startZookeeper(sandbox);
  const fleet = await startHosts(sandbox, HOSTS);
  const hosts = HOSTS.map((name) => ({
    ...fleet.connection(name),
    privateKey: undefined, // given apart, as a secret
  }));
  const settings = {
    env: sandbox.env,
    config: {
      hosts: JSON.stringify(hosts),
      privateKey: { secret: fleet.privateKey },
      "locked-action:zookeeperServers": zookeeper.connect,
    },
  };
  return { bench, zookeeper, fleet, settings };
}
