import { Sandbox } from "../../tests/support/sandbox";
import {
  changeNothing,
  correct,
  poison,
  repairByHand,
  rollTheFleet,
} from "./acts";
import { rollTheRacks } from "./racks";
import { setStage } from "./stage";
import { pulumiVersion } from "../../tests/support/stack";
import { aloud } from "./tell";

const { say, saw } = aloud;

/** Seconds after which the demo gives up on itself. */
const LIMIT = 240;

async function main(): Promise<void> {
  const began = performance.now();
  const sandbox = await Sandbox.create();
  let ending = false;
  const interrupted = (signal: NodeJS.Signals) => {
    ending = true; // what fails from here on fails because of it
    console.log(`\n${signal}: ending everything that was started`);
    void sandbox.stop().then(() => process.exit(130));
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.once(signal, interrupted);
  const limit = setTimeout(() => {
    console.error(`not done in ${LIMIT} s`);
    void sandbox.stop().then(() => process.exit(1));
  }, LIMIT * 1000);
  try {
    say(
      "A ZooKeeper and four hosts, each a real sshd with a service of its own",
    );
    const stage = await setStage(
      sandbox,
      aloud,
      pulumiVersion() ? "pulumi" : "local",
    );
    saw(`ZooKeeper at ${stage.zookeeper.connect}`);
    for (const { host } of stage.services)
      saw(`${host.name}: sshd at 127.0.0.1:${host.port}`);
    saw(`deployment engine: ${stage.stack.engine}`);
    await rollTheFleet(stage);
    await changeNothing(stage);
    const victim = await poison(stage);
    await correct(stage, victim);
    await repairByHand(stage);
    await rollTheRacks(stage);
    const took = ((performance.now() - began) / 1000).toFixed(0);
    say(`All six acts were verified, in ${took} s.`);
  } catch (error) {
    process.exitCode = 1;
    if (!ending) console.error(error instanceof Error ? error.stack : error);
  } finally {
    clearTimeout(limit);
    await sandbox.stop();
  }
}

void main();
