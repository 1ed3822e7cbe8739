import { expect } from "chai";
import { startProxy, type Proxy } from "../support/proxy";
import { errorsOf, openScene, type Args, type Scene } from "../support/scene";
import type { OperationResult, Stack } from "../support/stack";
import { Steps, type StepName } from "../support/steps";
import { resourcesOf, Told } from "../support/told";

interface Row {
  over?: (scene: Scene) => Record<string, unknown>;
  /** Before the first `up`. */
  break?: (scene: Scene, steps: Steps) => void;
  /** Of the state; `null`: all is well, in spite of it. */
  failure: { step: string; phase: string; drained: boolean } | null;
  /** What the user reads, the first line first. */
  told: (string | RegExp)[];
  /** Steps of the first `up`. */
  first: StepName[];
  lock: "kept" | "released";
  mend?: (scene: Scene) => void;
  /** Of the next `up`, with nothing changed. */
  next: { outcome: string; steps: StepName[] };
}

const whole: StepName[] = ["gate", "drain", "act", "health", "undrain"];
const resumed: StepName[] = ["drain", "act", "health", "undrain"];
const fails = (step: StepName, code: number) => (_: Scene, steps: Steps) =>
  steps.fail(step, code);
const owed = { phase: "owed", drained: false };
const brief = { command: "true", timeout: 0.4, interval: 0.1 };

/** What has begun on its host is finished, whatever fails elsewhere: one `up` for all of them. */
const BEGUN: Record<string, Row> = {
  drain: {
    break: fails("drain", 5),
    failure: { step: "drain", ...owed },
    told: ["drain: drain: exit 5", "undrain was run: the host is in service"],
    first: ["gate", "drain", "undrain"],
    lock: "kept",
    next: { outcome: "acted", steps: resumed },
  },
  exit: {
    break: fails("act", 3),
    over: () => ({ logging: "stderr" }),
    failure: { step: "act", phase: "attempted", drained: true },
    told: ["exit: act: the command: exit 3", "stderr: act of exit says no"],
    first: ["gate", "drain", "act"],
    lock: "kept",
    next: { outcome: "acted", steps: resumed },
  },
  signal: {
    over: (scene) => ({
      action: {
        command: `${new Steps(scene.fleet.host("signal")).text("act", "[ -e $LOCKED_ACTION_HOST_DIR/calm ] || kill -KILL $$")}
touch $LOCKED_ACTION_HOST_DIR/calm; ${scene.service("signal").control} restart`,
      },
    }),
    break: (scene) => scene.service("signal").breakDown(),
    failure: { step: "act", phase: "attempted", drained: true },
    told: [/signal: act: the command: (ended by SIGKILL|exit 137)/],
    first: ["gate", "drain", "act"],
    lock: "kept",
    mend: (scene) => {
      scene.service("signal").mend();
      scene.service("signal").byHand("restart");
    },
    next: { outcome: "alreadyRestarted", steps: ["health", "undrain"] },
  },
  verify: {
    break: (scene) => scene.service("verify").breakDown(),
    over: () => ({ health: brief }),
    failure: { step: "verify", phase: "acted", drained: true },
    told: [
      /verify: verify: expected .*process.* within 0\.4 s, saw .*nothing|verify: verify: expected .* within .*, saw/,
    ],
    first: ["gate", "drain", "act"],
    lock: "kept",
    mend: (scene) => {
      scene.service("verify").mend();
      scene.service("verify").byHand("start");
    },
    next: { outcome: "alreadyRestarted", steps: ["undrain"] },
  },
  down: {
    break: (scene) => scene.service("down").breakDown(),
    over: () => ({ health: brief }),
    failure: { step: "verify", phase: "acted", drained: true },
    told: ["down: verify: expected"],
    first: ["gate", "drain", "act"],
    lock: "kept",
    mend: (scene) => scene.service("down").mend(),
    next: { outcome: "acted", steps: ["drain", "act", "undrain"] },
  },
  health: {
    break: fails("health", 1),
    failure: { step: "health", phase: "acted", drained: true },
    told: [/health: health: .*exit 1/],
    first: ["gate", "drain", "act", "health"],
    lock: "kept",
    next: { outcome: "alreadyRestarted", steps: ["health", "undrain"] },
  },
  undrain: {
    break: fails("undrain", 6),
    failure: { step: "undrain", phase: "verified", drained: true },
    told: ["undrain: undrain: exit 6"],
    first: whole,
    lock: "kept",
    next: { outcome: "alreadyRestarted", steps: ["undrain"] },
  },
  linkwell: {
    failure: null,
    told: [],
    first: whole,
    lock: "released",
    next: { outcome: "acted", steps: [] },
  },
  linkbad: {
    break: fails("act", 4),
    failure: { step: "act", phase: "attempted", drained: true },
    told: ["linkbad: act: the command: exit 4"],
    first: ["gate", "drain", "act"],
    lock: "kept",
    next: { outcome: "acted", steps: resumed },
  },
};

/** What has not begun anything ends with the program: each in an `up` of its own. */
const ALONE: Record<string, Row> = {
  dial: {
    over: () => ({ connection: { port: 1, dialErrorLimit: 2 } }),
    failure: { step: "dial", ...owed },
    told: [/dial: dial: .*127\.0\.0\.1:1/, /try 1|ECONNREFUSED/],
    first: [],
    lock: "released",
    next: { outcome: "acted", steps: whole },
  },
  link: {
    break: (_, steps) => steps.hold("gate"),
    failure: { step: "gate", ...owed },
    told: [/link: gate: the connection was lost/],
    first: ["gate"],
    lock: "released",
    next: { outcome: "acted", steps: whole },
  },
  never: {
    break: fails("gate", 1),
    over: () => ({ logging: "stderr" }),
    failure: { step: "gate", ...owed },
    told: [
      "never: gate: it says never (exit 1)",
      "stderr: gate of never says no",
    ],
    first: ["gate"],
    lock: "released",
    next: { outcome: "acted", steps: whole },
  },
  late: {
    break: fails("gate", 75),
    over: (scene) => ({
      gate: {
        command: new Steps(scene.fleet.host("late")).text("gate"),
        ...{ interval: 0.1, timeout: 2 },
      },
    }),
    failure: { step: "gate", ...owed },
    told: ["late: gate: not open in 2 s", "`logging:"],
    first: ["gate"],
    lock: "released",
    next: { outcome: "acted", steps: whole },
  },
  timeout: {
    break: (_, steps) => steps.hold("act"),
    failure: { step: "act", phase: "attempted", drained: true },
    told: ["timeout: act: the command: not done after 3 s, ended"],
    first: ["gate", "drain", "act"],
    lock: "kept",
    next: { outcome: "acted", steps: resumed },
  },
};

const ROWS = { ...BEGUN, ...ALONE };
const VIA_PROXY = ["linkwell", "linkbad", "link"];

describe("outcomes on the host, row by row", () => {
  let scene: Scene;
  const proxies: Record<string, Proxy> = {};
  const alone: Record<string, Stack> = {};
  let begun: Stack;
  before(async () => {
    scene = await openScene(Object.keys(ROWS));
    for (const name of VIA_PROXY)
      proxies[name] = await startProxy(scene.fleet.host(name).port);
  });
  after(async () => {
    for (const proxy of Object.values(proxies)) await proxy.close();
    await scene.stop();
  });

  const stepsOf = (name: string) => new Steps(scene.fleet.host(name));

  /** All steps, on a host, a service and a lock of its own. */
  const argsOf = (name: string, { over }: Row): Args => {
    const steps = stepsOf(name);
    const proxy = proxies[name];
    const { hostKey } = scene.fleet.host(name);
    const { connection: way, ...own } = over?.(scene) ?? {};
    const base = scene.restart(name, {
      action: {
        command: steps.text("act", `${scene.service(name).control} restart`),
        timeout: name === "timeout" ? 3 : 60,
      },
      gate: { command: steps.text("gate"), interval: 0.1, timeout: 60 },
      drain: { command: steps.text("drain") },
      health: { command: steps.text("health"), interval: 0.1, timeout: 3 },
      undrain: { command: steps.text("undrain") },
      ...own,
      lock: { name },
    });
    const connection = {
      ...(base.connection as object),
      ...(way as object),
      ...(proxy ? { port: proxy.port, hostKey } : {}),
    };
    return { ...base, connection };
  };

  const expectTold = (result: OperationResult, name: string, row: Row) => {
    const said = errorsOf(result);
    for (const line of row.told)
      if (typeof line === "string") expect(said, name).to.include(line);
      else expect(said, name).to.match(line);
  };

  const expectOwed = async (stack: Stack, name: string, row: Row) => {
    const { outputs } = (await resourcesOf(stack))[name]!;
    if (row.failure)
      expect(outputs.failure, name).to.deep.include({
        ...row.failure,
        count: 1,
      });
    else expect(outputs).not.to.have.any.keys("failure", "kept");
    expect(stepsOf(name).taken, name).to.deep.equal(row.first);
    if (row.first.length === 0) return; // nobody asked ZooKeeper
    const holders = (await scene.lock(name)).holders.map(({ state }) => state);
    const kept = row.lock === "kept" ? ["failed"] : [];
    expect(holders, name).to.deep.equal(kept);
  };

  const expectDone = async (stack: Stack, name: string, row: Row) => {
    const { outputs } = (await resourcesOf(stack))[name]!;
    expect(outputs.outcome, name).to.equal(row.next.outcome);
    expect(outputs, name).not.to.have.any.keys("failure", "kept");
    expect(stepsOf(name).taken, name).to.deep.equal(row.next.steps);
    expect(outputs.processAfter, name).to.deep.equal([
      scene.service(name).identity(),
    ]);
    expect(outputs.verified, name).to.equal(true);
    expect((await scene.lock(name)).holders, name).to.deep.equal([]);
  };

  const cure = (name: string, { mend }: Row) => {
    stepsOf(name).mend();
    stepsOf(name).forget();
    mend?.(scene);
  };

  it("bad input: a check failure that names the property, in preview already, and nothing is begun", async () => {
    const name = "exit";
    const bad = {
      ...scene.restart(name, { lock: { name, maxHolder: 2 } }),
      action: { command: "true", service: "both" },
    };
    const stack = await scene.openStack("bad", { bad });
    for (const result of [await stack.preview(), await stack.up()]) {
      expect(result.ok).to.equal(false);
      expect(errorsOf(result)).to.match(
        /lock\.maxHolder: there is no such input; did you mean maxHolders\?/,
      );
      expect(errorsOf(result)).to.match(
        /action: expected one of `command`, `service` and `reboot` alone/,
      );
    }
    expect(await resourcesOf(stack)).to.deep.equal({});
    expect(stepsOf(name).taken).to.deep.equal([]);
  });

  it("what has begun on its host is finished and recorded", async () => {
    const names = Object.keys(BEGUN);
    for (const name of names) {
      const steps = stepsOf(name);
      BEGUN[name]!.break?.(scene, steps);
      steps.hold(name === "drain" ? "drain" : "act");
    }
    begun = await scene.openStack(
      "begun",
      Object.fromEntries(
        names.map((name) => [name, argsOf(name, ROWS[name]!)]),
      ),
    );
    const up = begun.up({ parallel: 32 });
    // all are at work on their hosts before the first one fails
    for (const name of names)
      await stepsOf(name).reached(name === "drain" ? "drain" : "act");
    for (const name of ["linkwell", "linkbad"]) proxies[name]!.cut();
    for (const name of names)
      for (const step of ["drain", "act"] as const) stepsOf(name).letGo(step);
    const result = await up;
    expect(result.ok).to.equal(false);
    for (const [name, row] of Object.entries(BEGUN)) {
      expectTold(result, name, row);
      await expectOwed(begun, name, row);
    }
    // without `logging` nobody reads what a command prints
    expect(errorsOf(result)).not.to.include(stepsOf("linkbad").said("act"));
  });

  it("the next `up` goes on where it stopped", async () => {
    for (const [name, row] of Object.entries(BEGUN)) cure(name, row);
    const result = await begun.up({ parallel: 32 });
    expect(errorsOf(result)).to.equal("");
    for (const [name, row] of Object.entries(BEGUN))
      if (name !== "linkwell") await expectDone(begun, name, row);
    const told = new Told();
    await begun.up({ onEvent: told.onEvent });
    expect(told.count("same")).to.equal(Object.keys(BEGUN).length);
  });

  it("what could not begin leaves the host and the lock to others", async () => {
    await Promise.all(
      Object.entries(ALONE).map(async ([name, row]) => {
        row.break?.(scene, stepsOf(name));
        const stack = await scene.openStack(name, {
          [name]: argsOf(name, row),
        });
        alone[name] = stack;
        const up = stack.up();
        if (name === "link") {
          await stepsOf(name).reached("gate");
          proxies[name]!.cut();
        }
        const result = await up;
        expect(result.ok, name).to.equal(false);
        expectTold(result, name, row);
        await expectOwed(stack, name, row);
      }),
    );
    const looked = scene.withSession((session) =>
      session.exists("/locked-action/dial"),
    );
    expect((await looked).code).to.equal("NO_NODE");
  });

  it("the next `up` tries again", async () => {
    await Promise.all(
      Object.entries(ALONE).map(async ([name, row]) => {
        cure(name, row);
        const args = argsOf(name, { ...row, over: undefined });
        const stack = alone[name]!;
        await scene.setActions(stack, { [name]: args });
        const result = await stack.up();
        expect(errorsOf(result), name).to.equal("");
        await expectDone(stack, name, row);
      }),
    );
  });
});
