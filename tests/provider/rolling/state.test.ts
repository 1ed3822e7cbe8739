import { expect } from "chai";
import { fleetOf } from "../../../provider/rolling/fleet";
import {
  countOf,
  fleetState,
  reasonsOf,
} from "../../../provider/rolling/outcome";
import { readFleetState } from "../../../provider/rolling/state";
import { stateOf } from "../../../provider/rolling/records";
import { toState } from "../../../provider/state";
import { done, FAILED } from "./done";
import { changed, fleetInputs, typed } from "./inputs";

describe("the state of a fleet", () => {
  const inputs = () => fleetInputs(3);

  it("is read back as it was written", () => {
    const state = done(inputs(), { web2: FAILED, web3: null }, [
      "roll: 1 of 3",
    ]);
    expect(readFleetState(toState(state))).to.deep.equal(state);
    expect(state.results).to.have.all.keys("web1", "web2");
  });

  it("keeps what a newer version added, in itself and in its records", () => {
    const state = done(inputs());
    const newer = {
      ...{ ...toState(state), schemaVersion: 2, more: { x: 1 } },
      results: { web1: { ...state.results.web1, more: 1 } },
    };
    expect(readFleetState(newer)).to.deep.include({
      ...{ schemaVersion: 2, more: { x: 1 } },
      results: { web1: { ...state.results.web1, more: 1 } },
    });
  });

  it("is null to what is none of ours", () => {
    expect(readFleetState({})).to.equal(null);
    expect(readFleetState({ ...done(inputs()), results: 1 })).to.equal(null);
  });

  it("says of one host only what the others don't have", () => {
    const own = changed(inputs(), ["hosts.web2.triggers", [1]]);
    const { results, runKey } = done(own);
    expect(results.web1).to.deep.equal({ outcome: "acted", verified: true });
    expect(results.web2).to.have.all.keys("outcome", "verified", "runKey");
    const fleet = fleetOf(typed(own), {});
    expect(runKey).to.equal(fleet.plans.get("web1")!.runKey);
    expect(results.web2!.runKey).to.equal(fleet.plans.get("web2")!.runKey);
  });

  it("keeps machines that left it by their own names, beside whoever has theirs now", () => {
    const before = done(inputs(), { web1: FAILED });
    const left = stateOf("web1", before.results.web1!, before);
    const renamed = changed(inputs(), ["hosts.web1.target", "other"]);
    const removed = [left, { ...left, target: "third" }].map((state) => ({
      ...{ key: "web1", state },
    }));
    const state = fleetState(
      fleetOf(typed(renamed), {}),
      before,
      { hosts: [], removed },
      ["r"],
    );
    expect(state.removed).to.have.all.keys("web1", "third");
    expect(stateOf("third", state.removed!.third!, state).target).to.equal(
      "third",
    );
  });

  it("counts who is done, failed and to go, and tells why it ended", () => {
    const fleet = fleetOf(typed(inputs()), {});
    const { results } = done(inputs());
    const web1 = stateOf("web1", results.web1!, done(inputs()));
    const none = { state: null, canary: false, reasons: null };
    const hosts = [
      { ...none, key: "web1", state: web1 },
      { ...none, key: "web2", reasons: ["web2: act: exit 1", "it took 1 s"] },
      { ...none, key: "web3" },
    ];
    const count = countOf(fleet, hosts);
    expect(count).to.deep.equal({
      ...{ total: 3, done: 1, failed: 1, left: 1, notNeeded: 0 },
    });
    const stopped = "1 failed of 1 allowed";
    expect(reasonsOf(count, { hosts, stopped })).to.deep.equal([
      "roll: 1 of 3 done, 1 failed, 1 to go: stopped: 1 failed of 1 allowed",
      ...["web2: act: exit 1", "it took 1 s"],
    ]);
    expect(
      reasonsOf({ ...count, failed: 0, left: 0 }, { hosts, stopped }),
    ).to.equal(null);
  });

  it("counts failed rolls from the first on", () => {
    const fleet = fleetOf(typed(inputs()), {});
    const first = fleetState(fleet, null, { hosts: [] }, ["roll: a"]);
    const second = fleetState(fleet, first, { hosts: [] }, ["roll: b"]);
    expect(second.failure).to.deep.equal({
      ...{ since: first.failure!.since, count: 2, reason: "roll: b" },
    });
    expect(fleetState(fleet, second, { hosts: [] }, null)).not.to.have.property(
      "failure",
    );
  });
});
