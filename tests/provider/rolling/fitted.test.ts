import { expect } from "chai";
import { Struct } from "google-protobuf/google/protobuf/struct_pb";
import { randomBytes, randomUUID } from "node:crypto";
import { STATE_SIZE, structSize } from "../../../provider/failure-size";
import { fittedState } from "../../../provider/rolling/fitted";
import {
  readFleetState,
  type FleetState,
  type HostRecord,
} from "../../../provider/rolling/state";
import { toState } from "../../../provider/state";

const BYTE_BY_BYTE = {
  text: "a name\n…",
  ["é".repeat(100)]: "x".repeat(20_000),
  numbers: [0, 1.5, -7e9],
  rest: { yes: true, none: null, empty: {}, list: [[], ["a", { b: false }]] },
};

const name = () => `${randomBytes(6).toString("hex")}.example.com`;

const done = (): HostRecord => ({
  ...{ outcome: "acted", verified: true, at: "2026-01-01T00:00:00.000Z" },
  process: [`${randomUUID()}/4711/12345678`],
});

const owed = (): HostRecord => ({
  verified: false,
  failure: {
    ...{ since: "2026-01-01T00:00:00.000Z", count: 2, step: "verify" },
    ...{ phase: "acted", reason: `${name()}: verify: expected a new process` },
    baseline: { identities: [`${randomUUID()}/4711/12345678`] },
  },
  kept: { holder: name(), subject: "app", why: "failed" },
});

const stateOf = (...records: HostRecord[]): FleetState => ({
  schemaVersion: 1,
  lock: {
    ...{ servers: "zk:2181", root: "/locked-action", name: "web", data: "" },
    limits: { maxHolders: 1, maxPerGroup: null, maxFailures: 1 },
  } as unknown as FleetState["lock"],
  ...{ runKey: "0123456789abcdef", mark: "01234567", verified: false },
  summary: "some",
  results: Object.fromEntries(records.map((record) => [name(), record])),
});

const many = (count: number, make: () => HostRecord) =>
  Array.from({ length: count }, make);

describe("structSize", () => {
  for (const value of [BYTE_BY_BYTE, toState(stateOf(done(), owed())), {}])
    it("is what the protocol makes of it", () => {
      const { length } = Struct.fromJavaScript(
        value as Parameters<typeof Struct.fromJavaScript>[0],
      ).serializeBinary();
      expect(structSize(value)).to.equal(length);
    });
});

describe("fittedState", () => {
  const sizeOf = (state: FleetState) => structSize(toState(state));

  it("leaves a state as it is that fits", () => {
    const state = stateOf(...many(50, done), owed());
    expect(fittedState(state)).to.equal(state);
  });

  it("loses nothing of some hundred hosts", () => {
    const state = stateOf(...many(500, done), owed());
    const fitted = fittedState(state);
    expect(sizeOf(fitted)).to.be.at.most(STATE_SIZE);
    const read = readFleetState(toState(fitted))!;
    expect(read.results).to.deep.equal(state.results);
  });

  it("forgets of those who are done how, and nothing of who owes", () => {
    const state = stateOf(...many(3000, done), ...many(30, owed));
    state.removed = { gone: owed() };
    const fitted = fittedState(state);
    expect(sizeOf(fitted)).to.be.at.most(STATE_SIZE);
    expect(fitted.warnings).to.equal(undefined);
    const read = readFleetState(toState(fitted))!;
    for (const [key, record] of Object.entries(state.results))
      expect(read.results[key]).to.deep.equal(
        record.failure ? record : { outcome: "acted", verified: true },
      );
    expect(read.removed).to.deep.equal(state.removed);
  });

  it("says so when it must forget more, and fits whatever comes", () => {
    for (const records of [many(2500, owed), many(20_000, done)]) {
      const fitted = fittedState(stateOf(...records));
      expect(sizeOf(fitted)).to.be.at.most(STATE_SIZE);
      expect(fitted.warnings?.[0]).to.match(/^too many hosts .*; lost: /);
    }
    const fitted = fittedState(stateOf(...many(2500, owed)));
    const { results } = readFleetState(toState(fitted))!;
    expect(Object.values(results)).to.have.length(2500);
    for (const { failure } of Object.values(results))
      expect(failure).to.include({ step: "verify", phase: "acted", count: 2 });
  });

  it("is read as nothing when somebody has damaged it", () => {
    const fitted = fittedState(stateOf(...many(500, done)));
    const damaged = { ...toState(fitted), packed: "damaged" };
    expect(readFleetState(damaged)).to.equal(null);
  });
});
