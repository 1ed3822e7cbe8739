import {
  changeNothing,
  correct,
  poison,
  repairByHand,
  rollTheFleet,
} from "../../scripts/demo/acts";
import { rollTheRacks } from "../../scripts/demo/racks";
import { setStage, type Stage } from "../../scripts/demo/stage";
import { silent } from "../../scripts/demo/tell";
import { Sandbox } from "../support/sandbox";
import type { Service } from "../support/services";

// The acts assert what they say, by /proc and by ZooKeeper's own nodes.
describe("the acts of the demo", () => {
  let sandbox: Sandbox;
  let stage: Stage;
  let victim: Service;

  before(async () => {
    sandbox = await Sandbox.create();
    stage = await setStage(sandbox, silent);
  });
  after(() => sandbox.stop());

  it("restarts all of them, never two at a time", () => rollTheFleet(stage));

  it("does nothing when nothing has changed, and previews without network", () =>
    changeNothing(stage));

  it("stops at the first host when the configuration is toxic", async () => {
    victim = await poison(stage);
  });

  it("repairs the broken host first and goes on, in one `up`", () =>
    correct(stage, victim));

  it("does not restart again what was started by hand", () =>
    repairByHand(stage));

  it("rolls twelve hosts rack by rack, stops at a broken one, and goes on when it is mended", () =>
    rollTheRacks(stage));
});
