import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { startHosts } from "../../tests/support/hosts";
import { makeProject } from "../../tests/support/project";
import { Observer, Service } from "../../tests/support/services";
import {
  openStack,
  type OperationResult,
  type Stack,
} from "../../tests/support/stack";
import type { Stage } from "./stage";

const LOCK = "datanodes";
const RACKS = ["a", "b", "c"];
const HOSTS = RACKS.flatMap((rack) => [1, 2, 3, 4].map((i) => `${rack}${i}`));

const rackOf = ({ host }: Service) => host.name[0]!;

/** Act 6: twelve hosts in three racks, by one resource: one rack after the other, two of it at once. */
export async function rollTheRacks(stage: Stage): Promise<void> {
  const { say, saw, quote } = stage.tell;
  say("6. twelve more hosts in three racks, one RollingAction");
  const { services, stack } = await setRacks(stage);
  const broken = services.find(({ host }) => host.name === "b2")!;
  const up = async (ignore: Service[] = []) => {
    const seen = new Observer(services, ignore, rackOf);
    const result = await stack.up();
    seen.stop();
    assert.ok(seen.mostGroups <= 1, `${seen.mostGroups} racks were down`);
    assert.ok(seen.mostOfOneGroup <= 2, `${seen.mostOfOneGroup} of a rack`);
    return { result, seen };
  };

  broken.breakDown();
  saw("b2 will not come back; pulumi up, a rack at a time and two of it:");
  const { result: stopped } = await up([broken]);
  assert.equal(stopped.ok, false);
  assert.deepEqual(actsOf(services, "a"), [1, 1, 1, 1]);
  assert.deepEqual(actsOf(services, "c"), [0, 0, 0, 0]);
  assert.equal(broken.identity(), null);
  quote(storyOf(stopped));
  saw("what pulumi said:");
  quote(errorsOf(stopped).split("\n").slice(0, 3).join("\n"));
  saw(`locked-action list:`);
  quote(await stage.command("list"));

  broken.mend();
  const before = services.map((service) => service.acts.length);
  saw("b2 is mended; pulumi up again: it comes first, nobody is done twice");
  const { result, seen } = await up([broken]);
  assert.ok(result.ok, errorsOf(result));
  quote(storyOf(result));
  for (const [i, service] of services.entries()) {
    const { name } = service.host;
    assert.ok(service.identity(), `${name} is running`);
    const wanted = service === broken ? before[i]! + 1 : 1;
    assert.equal(service.acts.length, wanted, `acts of ${name}`);
  }
  assert.equal(stack.outputs().summary, "12 of 12 done");
  saw(
    `as /proc has it, racks down at one moment: ${seen.mostGroups} at most; hosts of one rack: ${seen.mostOfOneGroup} at most`,
  );
  const { holders, waiters } = await stage.lock(LOCK);
  assert.deepEqual([holders, waiters], [[], []]);
  saw("12 of 12 done; the lock is free, nobody waits");
}

async function setRacks({
  sandbox,
  zookeeper,
  stack: { engine },
}: Stage): Promise<{ services: Service[]; stack: Stack }> {
  const name = "rolling-racks";
  const example = path.join(__dirname, "../../examples", name, "index.ts");
  const program = fs.readFileSync(example, "utf8");
  const [fleet, project] = await Promise.all([
    startHosts(sandbox, HOSTS),
    makeProject(sandbox, { name, program, withPackage: true }),
  ]);
  const services = fleet.hosts.map((host) =>
    Service.install(sandbox, host, `${host.name}-${sandbox.mark}`),
  );
  for (const service of services) {
    service.byHand("start", "setting 0");
    service.forget();
  }
  const hosts = services.map((service) => {
    const { name, port } = service.host;
    const process = service.pattern;
    return [name, { host: "127.0.0.1", port, rack: rackOf(service), process }];
  });
  const stack = await openStack(
    project,
    "demo",
    {
      env: sandbox.env,
      config: {
        [`${name}:hosts`]: JSON.stringify(Object.fromEntries(hosts)),
        [`${name}:user`]: fleet.hosts[0]!.user,
        [`${name}:knownHosts`]: fleet.knownHosts,
        [`${name}:privateKey`]: { secret: fleet.privateKey },
        [`${name}:command`]: `"$LOCKED_ACTION_HOST_DIR/$DEMO_HOST-${sandbox.mark}ctl" restart`,
        [`${name}:version`]: "1",
        "locked-action:zookeeperServers": zookeeper.connect,
        "locked-action:ownerGrace": "1",
      },
    },
    engine.startsWith("pulumi") ? "pulumi" : "local",
  );
  return { services, stack };
}

function actsOf(services: Service[], rack: string): number[] {
  return services
    .filter((service) => rackOf(service) === rack)
    .map(({ acts }) => acts.length);
}

/** What stays of each host. */
function storyOf({ diagnostics }: OperationResult): string {
  return diagnostics
    .filter(({ severity }) => severity === "info")
    .map(({ message }) => message)
    .join("\n");
}

function errorsOf({ diagnostics }: OperationResult): string {
  return diagnostics
    .filter(({ severity }) => severity === "error")
    .map(({ message }) => message)
    .join("\n");
}
