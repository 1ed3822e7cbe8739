import { expect } from "chai";
import { decodeHolder, decodeLock } from "../../core/lock/tree/records";

const record = {
  v: 1,
  group: "g",
  target: "web1",
  subject: "app",
  run: "r",
  from: "me",
  action: "restart app",
  since: "2026-01-01T00:00:00Z",
  state: "held",
};
const read = (over: object) =>
  decodeHolder(Buffer.from(JSON.stringify({ ...record, ...over })));

describe("the record of a holder", () => {
  const acting = { run: "abc-1", since: "2026-01-01T00:00:00Z", deadline: 5 };

  it("says which act was begun", () => {
    expect(read({ acting })?.acting).to.deep.equal(acting);
  });

  for (const run of ["x y;z'\n", "", "$(id)", "x".repeat(201)])
    it(`with a run that is none: an act was begun, nobody knows which: ${JSON.stringify(run.slice(0, 9))}`, () => {
      expect(read({ acting: { ...acting, run } })?.acting?.run).to.equal(
        "unknown",
      );
    });

  for (const deadline of [-1, -1e308, 1e308, "5", null])
    it(`with a deadline that is none: an act was begun, nobody knows until when: ${deadline}`, () => {
      expect(
        read({ acting: { ...acting, deadline } })?.acting?.deadline,
      ).to.equal(3600);
    });

  it("with a Chef lock that is no path: it has none", () => {
    expect(read({ mirror: "no-slash" })?.mirror).to.equal(undefined);
    expect(read({ mirror: "/a/b" })?.mirror).to.equal("/a/b");
  });
});

describe("the data of a lock", () => {
  it("names so many Chef locks at most, each of them a path", () => {
    const mirrors = ["no-slash", "/a/../b", "", "/ok", 5];
    const many = Array.from({ length: 3000 }, (_, i) => `/nope${i}`);
    const decoded = (all: unknown[]) =>
      decodeLock(Buffer.from(JSON.stringify({ v: 1, max: 1, mirrors: all })));
    expect(decoded(mirrors)?.mirrors).to.deep.equal(["/ok"]);
    expect(decoded(many)?.mirrors).to.have.length(20);
  });
});
