import { expect } from "chai";
import { eventually } from "../support/eventually";
import { fails, ResourceRig, type State } from "./resource-rig";

describe("a resource that acts only if it is needed", () => {
  let r: ResourceRig;
  before(async () => void (r = await ResourceRig.start()));
  after(() => r.stop());
  beforeEach(() => {
    r.forget();
    for (const file of ["needed", "odd"]) r.rig.remove("web1", file);
  });

  const ASKS =
    'cd "$LOCKED_ACTION_HOST_DIR"; [ ! -e odd ] || exit 2; test -e needed';
  const inputs = (changes = {}) =>
    r.inputs({ onlyIf: { command: ASKS }, ...changes });

  it("is a success without an act; once for its triggers, or in each update with always", async () => {
    const news = inputs();
    const state = await r.provider.create(news);
    expect(state).to.deep.include({ outcome: "notNeeded", verified: false });
    expect(state).not.to.have.any.keys("failure", "kept", "verifiedBy");
    expect(await r.provider.diff(state, news)).to.equal(false);
    expect(await r.holders(news)).to.deep.equal([]);
    const always = { ...news, always: true };
    r.rig.write("web1", "needed");
    const acted = await r.provider.update(state, always);
    expect(acted).to.deep.include({ outcome: "acted", verified: true });
    r.rig.remove("web1", "needed");
    const idle = (await r.provider.update(acted, always)) as State;
    expect(idle.outcome).to.equal("notNeeded");
    expect(idle.processAfter).to.deep.equal(acted.processAfter);
    expect(r.acts()).to.equal(1);
  });

  it("owes what could not be asked, and asks again", async () => {
    const news = inputs();
    r.rig.write("web1", "odd");
    const { reasons, properties } = await fails(r.provider.create(news));
    expect(reasons[0]).to.equal("web1: onlyIf: neither yes nor no: exit 2");
    const owed = properties as State;
    expect(owed.failure).to.deep.include({ step: "onlyIf", phase: "owed" });
    expect(owed).not.to.have.property("kept");
    r.rig.remove("web1", "odd");
    expect(await r.provider.diff(owed, news)).to.equal(true);
    const next = await r.provider.update(owed, news);
    expect(next.outcome).to.equal("notNeeded");
    expect(r.acts()).to.equal(0);
  });

  it("acts no more often for another question, and says in the preview that it asks", async () => {
    const news = inputs({ __urn: "urn:only-if" });
    const state = await r.provider.create(news);
    const other = { ...news, onlyIf: { command: "true" } };
    expect(await r.provider.diff(state, other)).to.equal(true);
    const noted = await r.provider.update(state, other);
    expect(await r.provider.diff(noted, other)).to.equal(false);
    expect(r.acts()).to.equal(0);
    await r.provider.diff(noted, { ...other, triggers: ["v2"] });
    await eventually("the preview says that it asks", () =>
      /^will run the command if needed under lock /.test(
        r.provider.shown("urn:only-if").at(-1) ?? "",
      ),
    );
  });
});
