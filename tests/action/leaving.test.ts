import { expect } from "chai";
import type { ActionSpec, Step } from "../../core/action/types";
import { command, count, failed, Rig, succeeded } from "./rig";

describe("the moment in which the next one may ask for the lock", () => {
  let rig: Rig;
  before(async () => void (rig = await Rig.start()));
  after(() => rig.stop());
  beforeEach(() => rig.remove("web1", "acts"));

  /** Both leave their lines with web1. */
  const noisy = (name: string, more: Partial<ActionSpec> = {}) => {
    const { dir } = rig.fleet.host("web1");
    const text = `echo begin >> ${dir}/acts; sleep 0.1; echo end >> ${dir}/acts`;
    return rig.spec({ act: command(text), process: null, ...more }, name);
  };

  it("is when all has been proven and the release is on its way; the two never act at once", async () => {
    const first = noisy("web1");
    const second = noisy("web2", {
      lock: { ...first.lock, group: "web2" },
    });
    const steps: Step[] = [];
    let go = () => {};
    const turn = new Promise<void>((resolve) => (go = resolve));
    const asking = rig.run(second, { turn: () => turn });
    succeeded(
      await rig.run(first, {
        report: ({ step }) => steps.push(step),
        leaving: () => {
          expect(steps.at(-1)).to.equal("release");
          go();
        },
      }),
    );
    succeeded(await asking);
    expect(rig.read("web1", "acts").trim().split("\n")).to.deep.equal([
      ...["begin", "end", "begin", "end"],
    ]);
  });

  for (const [what, changes] of [
    ["a failed act", { act: command("exit 1") }],
    ["a gate that says never", { gate: gateOf("exit 1") }],
  ] as const)
    it(`does not come after ${what}`, async () => {
      let left = 0;
      const spec = rig.spec(changes);
      failed(await rig.run(spec, { leaving: () => void left++ }));
      expect(left).to.equal(0);
      expect(count(rig.read("web1", "acts"))).to.equal(0);
    });
});

function gateOf(text: string) {
  return { command: text, interval: 0.05, timeout: 10 };
}
