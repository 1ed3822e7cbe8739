import { startHosts } from "../../tests/support/hosts";
import { makeProject } from "../../tests/support/project";
import { openStack, type Stack } from "../../tests/support/stack";
import { OURS, type Question } from "../frame";
import { expectDone } from "../stack/party";
import type { Ground } from "./ground";
import { HOSTS, PLAIN_RESOURCES, ROLLING_ACTION, WIDTH } from "./programs";

const PLAIN = "plain dynamic";
const SERVERS = ["host1", "host2", "host3", "host4"];

/** The same command on the same hosts, as a roll and as plain resources beside each other. */
export async function stacks({ bench, server }: Ground): Promise<Question> {
  const { sandbox } = bench;
  const what = `up of ${HOSTS} \`true\` on ${SERVERS.length} sshd, ${WIDTH} at once`;
  const figure = bench.figure(what, "s");
  const fleet = await startHosts(sandbox, SERVERS);
  const hosts = SERVERS.map((name) => ({
    ...fleet.connection(name),
    privateKey: undefined, // given apart, as a secret
  }));
  const parties: [string, (run: number) => Promise<Stack>][] = [];
  for (const [name, program] of [
    [OURS, ROLLING_ACTION],
    [PLAIN, PLAIN_RESOURCES],
  ] as const) {
    const own = name === OURS ? "roll" : "plain";
    const withPackage = name === OURS;
    const project = await makeProject(sandbox, {
      ...{ name: own, program, withPackage, wholeSdk: true },
    });
    parties.push([
      name,
      (run) =>
        openStack(project, `run${run}`, {
          env: sandbox.env,
          config: {
            [`${own}:hosts`]: JSON.stringify(hosts),
            [`${own}:privateKey`]: { secret: fleet.privateKey },
            "locked-action:zookeeperServers": server.connect,
          },
        }),
    ]);
  }

  async function up(
    name: string,
    stack: Stack,
    resources: number,
  ): Promise<number> {
    const begin = performance.now();
    const result = await stack.up({ parallel: WIDTH });
    const took = (performance.now() - begin) / 1000;
    expectDone(result, "create", resources, name);
    return took;
  }

  return {
    async measure(run) {
      const order = run % 2 === 0 ? parties : [...parties].reverse();
      for (const [name, open] of order) {
        const stack = await open(run);
        if (run === 0) bench.progress(`${name} on ${stack.engine}`);
        figure.add(name, await up(name, stack, name === OURS ? 1 : HOSTS));
      }
    },
    judge() {
      bench.goal({
        what: `${what} vs ${PLAIN}`,
        ...figure.judged(PLAIN),
        ...{ relation: "≤", bound: 0.8 },
      });
    },
  };
}
