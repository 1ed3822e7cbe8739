import { expect } from "chai";
import { once } from "node:events";
import { ProgramWatch } from "../../provider/program";
import { eventually } from "../support/eventually";
import { Sandbox } from "../support/sandbox";

describe("ProgramWatch", () => {
  let sandbox: Sandbox;
  before(async () => void (sandbox = await Sandbox.create()));
  after(() => sandbox.stop());

  it("sees that the program has ended, and not before", async () => {
    const program = sandbox.spawn("sleep", ["1000"]);
    await once(program, "spawn");
    let gone = 0;
    const watch = new ProgramWatch(() => gone++);
    watch.know(program.pid!);
    watch.begin();
    expect(gone).to.equal(0);
    program.kill("SIGKILL");
    await eventually("the end is seen", () => gone === 1);
    watch.end();
  });

  it("takes a zombie for gone", async () => {
    // a shell that never waits for its child
    const shell = sandbox.spawn(
      "sh",
      ["-c", "sleep 0.01 & echo $!; exec sleep 1000"],
      { stdio: ["ignore", "pipe", "ignore"] },
    );
    const [line] = (await once(shell.stdout!, "data")) as [Buffer];
    let gone = 0;
    const watch = new ProgramWatch(() => gone++);
    watch.know(Number(String(line)));
    watch.begin();
    await eventually("the end is seen", () => gone === 1);
    watch.end();
  });

  it("does nothing without a program", () => {
    const watch = new ProgramWatch(() => {
      throw new Error("nothing was to be watched");
    });
    watch.begin();
    watch.end();
  });
});
