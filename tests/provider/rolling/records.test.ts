import { expect } from "chai";
import {
  RECORD_SIZE,
  recordOf,
  stateOf,
} from "../../../provider/rolling/records";
import type { HostRecord } from "../../../provider/rolling/state";
import type { Failure, Kept, State } from "../../../provider/state";

const LOCK = {
  ...{ servers: "zk1:2181,zk2:2181,zk3:2181", name: "web", data: "" },
  path: "/locked-action/web",
};
const FLEET = { lock: LOCK, runKey: "0123456789abcdef0123" };
const BOOT = "6f9c3a52-7d2b-4c11-9b6e-0f2f3c1d5e77";
const AT = "2026-01-02T03:04:05.678Z";
const process = (count: number) =>
  Array.from({ length: count }, (_, i) => `${BOOT}/${1000 + i}/987654${i}`);

const failure: Failure = {
  ...{ since: AT, count: 2, step: "verify", phase: "acted" },
  ...{ reason: "web3: verify: expected another process", drained: false },
  ...{ runKey: FLEET.runKey, baseline: { identities: process(1) } },
};
const kept: Kept = {
  ...{ holder: "faad17a0dc289f6d-10c9d20ef96ff7c1", why: "failed" },
  subject: "nginx",
};

const state = (over: Partial<State> = {}, data = "web3"): State => ({
  ...{ schemaVersion: 1, target: "web3", runKey: FLEET.runKey, marks: {} },
  lock: { ...LOCK, data },
  ...{ verified: true, outcome: "acted", finishedAt: AT },
  processAfter: process(1),
  ...over,
});

const failed = (reason: string, over: Partial<Failure> = {}): State =>
  state({
    ...{ verified: false, outcome: undefined, processAfter: undefined, kept },
    failure: { ...failure, reason, ...over },
  });

const size = (record: HostRecord) => Buffer.byteLength(JSON.stringify(record));
const written = (record: HostRecord) =>
  JSON.parse(JSON.stringify(record)) as HostRecord;

describe("the short record of a host", () => {
  const there = (key: string, from: State, canary = false) =>
    written(recordOf(key, from, FLEET, canary));
  const andBack = (key: string, from: State) =>
    stateOf(key, there(key, from), FLEET);

  it("says no more than what the fleet does not say", () => {
    expect(there("web3", state())).to.deep.equal({
      ...{ outcome: "acted", verified: true, process: process(1), at: AT },
    });
  });

  const all: [string, string, State][] = [
    ["all went well", "web3", state()],
    ["nothing is known but its key", "web3", state({ outcome: undefined })],
    ["the key is not the target", "third", state()],
    ["it is in a group", "web3", state({}, "rack7")],
    ["its action is its own", "web3", state({ runKey: "another" })],
    ["it failed and keeps its lock", "web3", failed("exit 1")],
    ["it was drained", "web3", failed("exit 1", { drained: true })],
    ["it failed with an earlier key", "web3", failed("x", { runKey: "old" })],
    [
      "the failed one had a key of its own",
      "web3",
      { ...failed("x", { runKey: "its own" }), runKey: "its own" },
    ],
    [
      "a release is in doubt",
      "web3",
      state({ kept: { ...kept, why: "doubt" } }),
    ],
    [
      "it keeps a lock of another name, for another target",
      "web3",
      state({
        kept: {
          ...kept,
          ...{ target: "web9", path: "/locked-action/old" },
          lock: { servers: "zk9", name: "old", data: "web9", maxHolders: 2 },
        },
      }),
    ],
  ];
  for (const [what, key, from] of all)
    it(`is read back as it was: ${what}`, () => {
      const plain = JSON.parse(JSON.stringify(from)) as State;
      expect(andBack(key, from)).to.deep.equal(plain);
    });

  it("remembers who was a canary", () => {
    expect(there("web3", state(), true).canary).to.equal(true);
    expect(there("web3", state())).not.to.have.property("canary");
  });

  it("gives a kept lock its credentials, and no other", () => {
    const keptAuth = [{ scheme: "digest", credentials: "u:p" }];
    const fleet = { ...FLEET, keptAuth };
    expect(
      stateOf("web3", there("web3", failed("x")), fleet).keptAuth,
    ).to.equal(keptAuth);
    const free = stateOf("web3", there("web3", state()), fleet);
    expect(free).not.to.have.property("keptAuth");
  });

  it("names two processes of many", () => {
    const record = there("web3", state({ processAfter: process(30) }));
    expect(record.process).to.deep.equal(process(2));
    expect(size(record)).to.be.at.most(RECORD_SIZE);
  });

  describe("stays within its size", () => {
    const reasons: [string, string][] = [
      ["long", "x".repeat(300)],
      ["of two bytes each", "ü".repeat(300)],
      ["of four bytes each", "🦊".repeat(150)],
      ["of quotes", '"'.repeat(300)],
      ["of back-slashes and line ends", "\\\n".repeat(150)],
    ];
    for (const [what, reason] of reasons)
      it(`with a reason ${what}, and keeps the baseline whole`, () => {
        const after = { processAfter: process(1) };
        const record = there("web3", { ...failed(reason), ...after });
        expect(size(record)).to.be.at.most(RECORD_SIZE);
        expect(record.failure?.baseline).to.deep.equal(failure.baseline);
        expect(record.kept).to.deep.equal(kept);
        const short = record.failure!.reason;
        expect(short).to.match(/…$/);
        expect(reason.startsWith(short.slice(0, -1))).to.equal(true);
        expect(Buffer.from(short).toString()).to.equal(short);
      });

    it("at each length of a reason, and cuts it only where it must", () => {
      for (let length = 1; length <= 300; length++) {
        const reason = "x".repeat(length);
        const after = { processAfter: process(1) };
        const record = there("web3", { ...failed(reason), ...after });
        expect(size(record), `${length}`).to.be.at.most(RECORD_SIZE);
        expect(record.failure!.baseline, `${length}`).not.to.equal(undefined);
        if (record.failure!.reason === reason) continue;
        expect(size(record), `${length}`).to.be.above(RECORD_SIZE - 4);
        expect(record).not.to.have.property("process");
      }
    });

    it("with a baseline that is too long, which goes as a whole", () => {
      const baseline = { identities: process(8) };
      const record = there("web3", failed("x".repeat(300), { baseline }));
      expect(size(record)).to.be.at.most(RECORD_SIZE);
      expect(record.failure).not.to.have.property("baseline");
      expect(record.failure!.reason).to.match(/^x{40}/);
    });

    it("where nothing failed but a release is in doubt", () => {
      const long = "a".repeat(60);
      const own = state({
        ...{ target: long, processAfter: process(2), runKey: "f".repeat(20) },
        kept: { ...kept, subject: "b".repeat(80), why: "doubt" },
      });
      const record = there("web3", own);
      expect(size(record)).to.be.at.most(RECORD_SIZE);
      expect(record.kept?.holder).to.equal(kept.holder);
    });
  });
});
