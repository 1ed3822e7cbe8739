import { expect } from "chai";
import {
  describeAge,
  describeChefHolder,
  describeHold,
  describeHolder,
  waysOn,
  type HolderRecord,
  type HolderView,
} from "../../core/lock";

const STEERS = "\u001b[31m\u202e\r\n";
const LONG = STEERS + "R".repeat(1_000_000);
const PLACE = { servers: "zk:2181" };

const record = {
  v: 1 as const,
  state: "failed" as const,
  ...{ group: LONG, target: LONG, subject: LONG, urn: LONG, run: LONG },
  ...{ from: LONG, action: LONG, since: LONG },
  failure: { step: LONG, reason: LONG, at: LONG },
};
const view = (more: Partial<HolderRecord> = {}): HolderView => ({
  ...{ id: "i", path: "/l/holders/0/i", slot: 0, group: "g", age: 5 },
  ...{ state: "failed", fencingToken: "1" },
  record: { ...record, ...more },
});

/** Fit for one line of an error, whatever others wrote. */
const isFit = (line: string) => {
  expect(line.length).to.be.below(1100);
  expect(/[\p{Cc}\p{Cf}]/u.exec(line)?.[0] ?? null).to.equal(null);
};

describe("what is told of those who hold", () => {
  it("is a line, and short, whatever their records say", () => {
    isFit(describeHolder(view()));
    isFit(describeHolder(view({ failure: undefined })));
    isFit(describeHolder({ ...view(), record: null, id: LONG }));
    isFit(describeHold({ by: LONG, since: LONG, why: LONG }));
    const chef = { path: "/lock/x", data: LONG, age: 1, since: "x" };
    const more = { czxid: "1", version: 0 };
    for (const kind of ["chef", "other"] as const)
      isFit(describeChefHolder({ ...chef, ...more, kind }));
  });

  it("has all that it is about, however long its beginning", () => {
    const told = describeHolder(
      view({ failure: { ...record.failure, step: "verify", reason: "why" } }),
    );
    expect(told).to.match(/ failed: step verify failed .*: why$/);
  });

  it("offers no resource that no URN can name", () => {
    expect(waysOn(PLACE, "web", view())[0]).to.equal(
      "let its owner repair it: pulumi up",
    );
    expect(
      waysOn(PLACE, "web", view({ urn: "urn:pulumi:s::p::t::n" }))[0],
    ).to.equal(
      "let its owner repair it: pulumi up --target urn:pulumi:s::p::t::n",
    );
  });

  it("says that nobody knows when, where a date is none", () => {
    expect(describeAge(NaN)).to.equal("unknown time");
    expect(describeAge(-Infinity)).to.equal("unknown time");
    expect(describeAge(-3)).to.equal("0 s");
    const at = "yesterday";
    expect(
      describeHolder(view({ failure: { ...record.failure, at } })),
    ).to.contain("failed unknown time ago");
  });
});
