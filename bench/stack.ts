/** 500 LockedActions against 500 plain dynamic resources: preview, an up without changes, size of the state. */
import { startHosts } from "../tests/support/hosts";
import { startZookeeper } from "../tests/support/zookeeper";
import { median, OURS, runBench, type Bench } from "./frame";
import { StackParty } from "./stack/party";
import { LOCKED_ACTIONS, PLAIN_RESOURCES, RESOURCES } from "./stack/programs";

const PLAIN = "plain dynamic";
const HOSTS = ["web1", "web2", "web3", "web4"];

runBench("stack", async (bench) => {
  const parties = await open(bench);
  const [ours] = parties;
  bench.note(`engine: ${ours!.engine}`);
  const preview = bench.figure(`preview of ${RESOURCES}`, "s");
  const idle = bench.figure(`up of ${RESOURCES}, nothing changed`, "s");
  const size = bench.figure("state of each, without connection", "KB");

  for (const party of parties) {
    bench.progress(`first up of ${party.name}`);
    await party.fill();
    const sizes = await party.sizes();
    size.add(party.name, median(sizes) / 1000);
    bench.note(
      `largest in the state, ${party.name}: ${Math.max(...sizes)} bytes`,
    );
  }
  await bench.eachRun(async (run) => {
    const order = run % 2 === 0 ? parties : [...parties].reverse();
    for (const party of order) preview.add(party.name, await party.preview());
    for (const party of order) idle.add(party.name, await party.idleUp());
  });

  const relation = "≤";
  bench.goal({
    what: `preview of ${RESOURCES} vs ${PLAIN}`,
    ...preview.judged(PLAIN),
    ...{ relation, bound: 0.8 },
  });
  bench.goal({
    what: `up of ${RESOURCES} without changes vs ${PLAIN}`,
    ...idle.judged(PLAIN),
    ...{ relation, bound: 0.8 },
  });
  bench.goal({
    what: "state of each, without connection",
    value: Math.max(...(await ours!.sizes())) / 1000,
    ...{ relation, bound: 1.5, unit: "KB" },
  });
});

async function open({ sandbox }: Bench): Promise<StackParty[]> {
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
  return [
    await StackParty.create(
      sandbox,
      OURS,
      { name: "locked-actions", program: LOCKED_ACTIONS, withPackage: true },
      settings,
    ),
    await StackParty.create(
      sandbox,
      PLAIN,
      { name: "plain", program: PLAIN_RESOURCES, withPackage: false },
      settings,
    ),
  ];
}
