import { expect } from "chai";
import { eventually } from "../support/eventually";
import { fails, lockOf, ResourceRig } from "./resource-rig";

describe("what a user is shown of a resource", () => {
  let r: ResourceRig;
  let provider: ResourceRig["provider"];
  before(async () => {
    r = await ResourceRig.start();
    ({ provider } = r);
  });
  after(() => r.stop());
  beforeEach(() => r.forget());

  it("carries long output through a failure", async () => {
    const flood =
      "i=0; while [ $i -lt 4000 ]; do echo line-of-output-$i; echo line-of-error-$i >&2; i=$((i+1)); done; exit 1";
    const news = r.inputs({
      action: { command: flood },
      logging: "stdoutAndStderr",
    });
    const { properties } = await fails(provider.create(news));
    expect(properties.stdout).to.match(/^\[\d+ characters left out\]/);
    expect(properties.stderr).to.match(/line-of-error-3999\s*$/);
  });

  it("keeps no output of a failure that may not be shown", async () => {
    const news = r.inputs({
      action: { command: "echo hidden; echo hidden >&2; exit 1" },
      logging: "none",
    });
    const failure = await fails(provider.create(news));
    const told = JSON.stringify([failure.properties, failure.reasons]);
    expect(told).not.to.include("hidden");
  });

  it("shows the steps beside the resource, and why it runs", async () => {
    const news = r.inputs({ __urn: "urn:shown" });
    await provider.check(news);
    await eventually(
      "the plan is shown",
      () => provider.shown("urn:shown").length > 0,
    );
    expect(provider.shown("urn:shown")[0]).to.equal(
      `will run the command under lock ${lockOf(news).name as string} (group web1): new`,
    );
    const state = await provider.create(news);
    const changed = { ...news, triggers: ["v2"] };
    await provider.diff(state, changed);
    await eventually("the reason is shown", () =>
      provider
        .shown("urn:shown")
        .some((line) =>
          /triggers or action changed; last verified \d{4}-/.test(line),
        ),
    );
    expect(
      provider.log
        .filter(({ urn }) => urn === "urn:shown")
        .every(({ ephemeral }) => ephemeral),
    ).to.equal(true);
  });
});
