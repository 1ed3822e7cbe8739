import { expect } from "chai";
import { checkNothingKept } from "../../provider/unread";

describe("deleting what this version cannot read", () => {
  const later = { schemaVersion: 9, target: "web1", lock: { name: "web" } };
  const kept = { holder: "ok-uuid" };

  it("is nothing where no lock is named", () => {
    for (const outputs of [{}, later, { ...later, kept: null }])
      expect(() => checkNothingKept(outputs)).not.to.throw();
  });

  it("fails where one is, and says how to go on", () => {
    expect(() => checkNothingKept({ ...later, kept })).to.throw(
      /^web1: the state of this resource was written by a later version .*schemaVersion 9.*: locked-action clear web --holder ok-uuid -m WHY; and .*: pulumi state delete URN$/,
    );
    const damaged = { schemaVersion: 1, lock: 3, kept: true };
    expect(() => checkNothingKept(damaged)).to.throw(
      /^the state of this resource cannot be read, .*: locked-action clear NAME --holder ID -m WHY;/,
    );
  });

  it("finds the lock of one host of a fleet, packed or not", () => {
    const fleets = [
      { results: { web1: { verified: "?", kept } } },
      { packed: "not to be unpacked" },
    ];
    for (const fleet of fleets)
      expect(() => checkNothingKept({ ...later, ...fleet })).to.throw("kept");
  });
});
