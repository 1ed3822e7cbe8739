import { expect } from "chai";
import fs from "node:fs";
import path from "node:path";
import { difference } from "../../provider/diff";
import { standing } from "../../provider/kept";
import { planOf } from "../../provider/plan";
import type { LockedActionInputs } from "../../provider/schema/inputs";
import { readState } from "../../provider/state";

interface Resource {
  inputs: LockedActionInputs;
  outputs: Record<string, unknown>;
}

// Written by the first code that had this resource, on real servers; only names of files were changed.
const { servers, well, failed } = JSON.parse(
  fs.readFileSync(path.join(__dirname, "fixtures/first-state.json"), "utf8"),
) as { servers: string; well: Resource; failed: Resource };
const settings = { zookeeperServers: servers };

describe("a state that the first code of this resource wrote", () => {
  it("is no reason to run anything, nor to change anything", () => {
    const state = readState(well.outputs)!;
    expect(difference(state, well.inputs, settings)).to.deep.equal({
      ...{ run: [], note: [] },
    });
  });

  it("is a reason when the triggers change", () => {
    const inputs = { ...well.inputs, triggers: ["v2"] };
    const { run } = difference(readState(well.outputs)!, inputs, settings);
    expect(run).to.deep.equal(["triggers or action changed"]);
  });

  it("owes what it owed, for the same run", () => {
    const state = readState(failed.outputs)!;
    const { run, note } = difference(state, failed.inputs, settings);
    expect(run).to.have.length(1);
    expect(run[0]).to.match(/^owed since .*: verify failed once$/);
    expect(note).to.deep.equal([]);
    expect(state.failure!.runKey).to.equal(
      planOf(failed.inputs, settings).runKey,
    );
    expect(state.failure!.baseline).to.deep.equal({ identities: [] });
  });

  it("knows the lock that it kept, its owner and its credentials", () => {
    const { kept } = failed.outputs as {
      kept: { path: string; holder: string; owner: object };
    };
    const found = standing(readState(failed.outputs))!;
    expect(found.where).to.deep.equal({ lock: kept.path, holder: kept.holder });
    expect(found.owner).to.deep.equal(kept.owner);
    expect(found.auth).to.deep.equal([
      { scheme: "digest", credentials: "user:password" },
    ]);
  });

  it("may carry a provider text that nobody knows any more", () => {
    const text = 'exports.handler = () => require("elsewhere").gone';
    const state = readState({ ...well.outputs, __provider: text })!;
    const { run, note } = difference(state, well.inputs, settings);
    expect([...run, ...note]).to.deep.equal([]);
  });
});
