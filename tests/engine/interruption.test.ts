import { expect } from "chai";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import { eventually } from "../support/eventually";
import { engineProcesses } from "../support/processes";
import { Sandbox } from "../support/sandbox";
import {
  errorsOf,
  names,
  plainProject,
  resourceOf,
  urnOf,
  type PlainProject,
} from "./plain-project";
import { TYPESCRIPT } from "../support/typescript";

const ROOT = path.resolve(__dirname, "../..");

describe("the engine, interrupted", () => {
  let sandbox: Sandbox;
  let project: PlainProject;
  before(async () => void (sandbox = await Sandbox.create()));
  beforeEach(async () => void (project = await plainProject(sandbox)));
  after(() => sandbox.stop());

  const waiting = [
    { name: "a", inputs: { waitFor: "go" } },
    { name: "b", inputs: { waitFor: "go" } },
  ];

  /** Our command line, as a process of its own. */
  function startCli(...args: string[]) {
    const child = sandbox.spawn(
      process.execPath,
      [
        ...["--require", TYPESCRIPT, path.join(ROOT, "engine/cli.ts")],
        ...["up", "--project", project.dir, ...args],
      ],
      {
        cwd: ROOT,
        stdio: ["ignore", "pipe", "inherit"],
        env: { ...process.env, PULUMI_CONFIG_PASSPHRASE: "of the tests" },
      },
    );
    let told = "";
    child.stdout?.setEncoding("utf8").on("data", (text) => (told += text));
    return { child, told: () => told };
  }

  /** The processes that work for this project. */
  const processes = () => engineProcesses(sandbox);

  const firstCreate = () =>
    eventually("a create runs", () => project.calls("create").length > 0);

  const exitOf = async (child: ChildProcess) => {
    if (child.exitCode === null && child.signalCode === null)
      await once(child, "exit");
    return child.exitCode;
  };

  it("finishes what runs at the first signal, and begins nothing new", async () => {
    project.declare(waiting);
    const stack = project.stack("dev");
    const first = new AbortController();
    const up = stack.up({ parallel: 1, signal: first.signal });
    await firstCreate();
    first.abort();
    // the program goes, the provider stays
    await eventually("one process is left", () => processes().length === 1);
    project.release("go");
    const result = await up;
    expect(result).to.include({
      ok: false,
      canceled: true,
      failure: "the operation was canceled",
    });
    expect(project.calls("create").length).to.equal(1);
    const state = stack.exportState();
    const made = names(project.calls("create"))[0]!;
    expect(resourceOf(state, made)?.id).to.equal(`id of ${made}`);
    expect(state?.deployment.pending_operations).to.deep.equal([]);
    expect(state?.deployment.resources.length).to.equal(2);
    expect(processes()).to.deep.equal([]);
  });

  it("abandons what runs at the second, and tells of it at the next update", async () => {
    project.declare(waiting);
    const { child, told } = startCli("--parallel", "1");
    await firstCreate();
    child.kill("SIGINT");
    await eventually("it cancels", () => told().includes("cancelling"));
    child.kill("SIGINT");
    expect(await exitOf(child)).to.equal(255);
    expect(told()).to.include("error: the operation was canceled");
    expect(processes()).to.deep.equal([]);

    const stack = project.stack("dev");
    const [begun] = names(project.calls("create"));
    const pending = stack.exportState()?.deployment.pending_operations;
    expect(
      pending?.map(({ type, resource }) => [type, resource.urn]),
    ).to.deep.equal([["creating", urnOf(begun!)]]);

    project.forget();
    project.release("go");
    const up = await stack.up();
    expect(up.failure).to.equal(undefined);
    expect(up.diagnostics[0]?.message).to.include(
      `${urnOf(begun!)}, interrupted while creating`,
    );
    expect(names(project.calls("create")).sort()).to.deep.equal(["a", "b"]);
    expect(stack.exportState()?.deployment.pending_operations?.length).to.equal(
      1,
    );
    await stack.refresh({ clearPendingCreates: true });
    expect(stack.exportState()?.deployment.pending_operations).to.deep.equal(
      [],
    );
  });

  it("leaves a readable state and no process when it is killed", async () => {
    project.declare(waiting);
    const { child } = startCli();
    await firstCreate();
    const stack = project.stack("dev");
    const locked = await stack.up();
    expect(locked.failure).to.match(
      new RegExp(`^the stack is currently locked by process ${child.pid} on `),
    );
    child.kill("SIGKILL");
    await exitOf(child);
    await eventually("no process is left", () => processes().length === 0);
    const [operation] = stack.exportState()!.deployment.pending_operations!;
    expect(operation?.type).to.equal("creating");
    project.release("go");
    const up = await stack.up();
    expect(up.failure).to.equal(undefined);
    expect(up.summary.create).to.equal(2);
  });

  it("tells of a provider that died in the middle", async () => {
    project.declare([waiting[0]!]);
    const up = project.stack("dev").up();
    await firstCreate();
    process.kill(project.calls("create")[0]!.pid, "SIGKILL");
    expect(errorsOf(await up)).to.equal(
      "the provider ended before it answered create",
    );
    expect(processes()).to.deep.equal([]);
  });
});
