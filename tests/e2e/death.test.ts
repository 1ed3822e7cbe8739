import { expect } from "chai";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { acquire, type Held } from "../../core/lock";
import { createSessionPool, type SessionPool } from "../../core/zookeeper/pool";
import { eventually } from "../support/eventually";
import { engineProcesses } from "../support/processes";
import { startProxy, type Proxy } from "../support/proxy";
import { errorsOf, openScene, type Args, type Scene } from "../support/scene";
import type { Stack } from "../support/stack";
import { HOLDABLE_LOOKS, Steps, type StepName } from "../support/steps";
import { resourcesOf } from "../support/told";

/** One resource for each step, held there when death comes. */
const STEPS = [
  ...["dial", "look", "lock", "gate"],
  ...["drain", "act", "verify", "health", "undrain", "release"],
];
/** Nothing was begun on their hosts. */
const WAITING = ["dial", "look", "lock", "gate"];
const BEGUN = STEPS.filter((step) => !WAITING.includes(step));
const COMMANDS: StepName[] = ["gate", "drain", "act", "health", "undrain"];

interface Death {
  bring: (engine: ChildProcess, scene: Scene) => Promise<void> | void;
  /** What acts is finished and recorded: else it is left to its host, and nothing is recorded. */
  finishes: boolean;
  /** Whose holders stay for the next `up`. */
  stale: string[];
  pending: "creating" | "updating" | null;
}

const twice = async (engine: ChildProcess, { sandbox }: Scene) => {
  engine.kill("SIGINT");
  await eventually("the program has ended", () => programs(sandbox) === 0);
  engine.kill("SIGINT");
};
const programs = (sandbox: Scene["sandbox"]) =>
  engineProcesses(sandbox, /cmd\/run/).length;

// The first one finds nothing in the state, the others a resource that is to be run again.
const DEATHS: Record<string, Death> = {
  "the second Ctrl-C": {
    bring: twice,
    ...{ finishes: false, stale: BEGUN, pending: "creating" },
  },
  "the first Ctrl-C": {
    bring: (engine) => void engine.kill("SIGINT"),
    ...{ finishes: true, stale: [], pending: null },
  },
  "SIGTERM from a CI job": {
    bring: (engine) => void engine.kill("SIGTERM"),
    ...{ finishes: true, stale: [], pending: null },
  },
  "SIGHUP of a closed terminal": {
    bring: (engine) => void engine.kill("SIGHUP"),
    ...{ finishes: false, stale: BEGUN, pending: "updating" },
  },
  "kill -9 of the engine": {
    bring: (engine) => void engine.kill("SIGKILL"),
    ...{ finishes: false, stale: BEGUN, pending: "updating" },
  },
  "kill -9 of the provider": {
    bring: (_, { sandbox }) => {
      for (const pid of engineProcesses(sandbox, /dynamic-provider/))
        process.kill(pid, "SIGKILL");
    },
    ...{ finishes: false, stale: ["gate", ...BEGUN], pending: null },
  },
};

describe("cancel and death at each step", () => {
  let scene: Scene;
  let stack: Stack;
  let pool: SessionPool;
  let dialled: Proxy;
  let zookeeper: Proxy;
  before(async () => {
    scene = await openScene(STEPS, {
      zookeeper: { extra: ["maxSessionTimeout=4000"] },
      hosts: { config: [HOLDABLE_LOOKS] },
    });
    dialled = await startProxy(scene.fleet.host("dial").port);
    zookeeper = await startProxy(scene.zookeeper.port);
    pool = createSessionPool();
    stack = await scene.openStack("death", {});
  });
  after(async () => {
    await pool.close();
    await dialled.close();
    await zookeeper.close();
    await scene.stop();
  });

  const stepsOf = (name: string) => new Steps(scene.fleet.host(name));
  const lockName = (name: string) => `at-${name}`;
  /** Nobody has made the lock of who died while it dialled. */
  const lockOf = (name: string) =>
    scene.lock(lockName(name)).catch((error: Error) => {
      if (!/there is none at/.test(error.message)) throw error;
      return { holders: [], waiters: [] };
    });
  const holders = async (name: string) => (await lockOf(name)).holders;
  const waiters = async (name: string) => (await lockOf(name)).waiters.length;

  const row = (name: string, trigger: number): Args => {
    const steps = stepsOf(name);
    const { hostKey } = scene.fleet.host(name);
    const args = scene.restart(name, {
      gate: { command: steps.text("gate") },
      drain: { command: steps.text("drain") },
      action: {
        command: steps.text("act", `${scene.service(name).control} restart`),
      },
      health: { command: steps.text("health"), interval: 0.1 },
      undrain: { command: steps.text("undrain") },
      triggers: [trigger],
      lock: {
        name: lockName(name),
        ...(name === "release" ? { servers: zookeeper.connect } : {}),
      },
    });
    if (name !== "dial") return args;
    const through = { port: dialled.port, hostKey, perDialTimeout: 60 };
    return {
      ...args,
      connection: { ...(args.connection as object), ...through },
    };
  };

  /** An `up` in which each resource is held at its own step. */
  async function held(trigger: number): Promise<{
    engine: ChildProcess;
    holder: Held;
  }> {
    const actions = STEPS.map((name) => [name, row(name, trigger)] as const);
    await scene.setActions(stack, Object.fromEntries(actions));
    for (const name of STEPS) {
      stepsOf(name).forget();
      if (COMMANDS.includes(name as StepName))
        stepsOf(name).hold(name as StepName);
    }
    stepsOf("look").hold("look");
    stepsOf("verify").hold("act");
    stepsOf("release").hold("undrain");
    dialled.mode = "blackhole";
    const { session } = await pool.lease({ servers: scene.zookeeper.connect });
    const holder = await acquire(session, {
      ...{ root: "/locked-action", name: lockName("lock"), group: "web9" },
      owner: { target: "web9", subject: "app" },
      limits: { maxHolders: 1, maxPerGroup: null, maxFailures: 1 },
      facts: { run: "1", from: "user@ci", action: "restart app" },
      ...{ timeout: 5, maxWait: 5, retryInterval: 0, ownerGrace: 0 },
      onFailedHolder: "fail",
    });
    const engine = stack.startUp();
    for (const name of COMMANDS) await stepsOf(name).reached(name);
    await stepsOf("look").reached("look");
    await eventually("one waits", async () => (await waiters("lock")) === 1);
    await stepsOf("verify").reached("act");
    stepsOf("verify").hold("look");
    stepsOf("verify").letGo("act");
    await stepsOf("verify").reached("look");
    await stepsOf("release").reached("undrain");
    zookeeper.mode = "blackhole";
    stepsOf("release").letGo("undrain");
    return { engine, holder };
  }

  const letGo = () => {
    for (const name of STEPS) stepsOf(name).mend();
    zookeeper.mode = "ok";
    zookeeper.cut();
    dialled.mode = "ok";
    dialled.cut();
  };

  let trigger = 0;
  for (const [how, death] of Object.entries(DEATHS))
    it(how, async () => {
      const { engine, holder } = await held(++trigger);
      const ended = once(engine, "exit");
      await death.bring(engine, scene);
      await eventually("who waits has left", async () => {
        return (await waiters("lock")) === 0;
      });
      if (death.finishes) letGo();
      await ended;
      await eventually("no process is left", () => {
        return engineProcesses(scene.sandbox).length === 0;
      });
      letGo();

      for (const name of STEPS) {
        const states = (await holders(name)).filter(
          ({ record }) => record?.target === name,
        );
        const stays = death.stale.includes(name) ? 1 : 0;
        expect(states.length, `${name}: holders`).to.equal(stays);
      }
      const { deployment } = await stack.state();
      const pending = deployment.pending_operations ?? [];
      expect(
        pending.filter(({ type }) => type === death.pending).length,
      ).to.equal(death.pending ? STEPS.length : 0);
      const left = await resourcesOf(stack);
      if (death.finishes)
        for (const name of STEPS) {
          const { outputs } = left[name]!;
          const failure = outputs.failure as { phase: string } | undefined;
          expect(failure?.phase, name).to.equal(
            WAITING.includes(name) ? "owed" : undefined,
          );
        }

      await holder.release();
      const result = await stack.up({ parallel: 32 });
      expect(errorsOf(result)).to.equal("");
      const states = await resourcesOf(stack);
      for (const name of STEPS) {
        const taken = stepsOf(name).taken;
        // never twice, never forgotten
        expect(count(taken, "act"), `${name}: ${taken.join(" ")}`).to.equal(1);
        expect(taken.at(-1), name).to.equal("undrain");
        expect(states[name]!.outputs, name).not.to.have.any.keys(
          ...["failure", "kept"],
        );
        expect(states[name]!.outputs.processAfter, name).to.deep.equal([
          scene.service(name).identity(),
        ]);
        expect(await holders(name), name).to.deep.equal([]);
        expect(await waiters(name), name).to.equal(0);
      }
    });

  const count = (taken: StepName[] | string[], step: string) =>
    taken.filter((each) => each === step).length;
});
