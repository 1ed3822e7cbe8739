import { expect } from "chai";
import {
  decideHost,
  isDue,
  type HostSituation,
  type HostVerdict,
} from "../../../provider/rolling/decide";
import { matchesPage, table } from "../../docs/states";

const RECORDS = ["this", "other", "none"] as const;
const SOURCES = ["state", "roll"] as const;
const PROCESSES = [
  ...(["same", "others", "none"] as const),
  ...(["mismatched", "unwatched", "unseen"] as const),
];
const LEFT = ["nothing", "debt", "kept", "stale"] as const;
const BOTH = [false, true];

function* cells(): Generator<HostSituation> {
  for (const record of RECORDS)
    for (const source of SOURCES)
      for (const processes of PROCESSES)
        for (const left of LEFT)
          for (const always of BOTH)
            for (const switches of BOTH)
              yield { record, source, processes, left, always, switches };
}

const all = [...cells()];
const TAKEN: HostVerdict[] = ["holder", "repair", "turn"];

describe("whether a roll takes a host in hand", () => {
  const wrong = (rule: (s: HostSituation) => boolean) =>
    all.filter((situation) => !rule(situation));
  const holds = ({ left }: HostSituation) =>
    left === "kept" || left === "stale";

  it("has a verdict for every cell", () => {
    expect(all).to.have.length(3 * 2 * 6 * 4 * 4);
    expect([...new Set(all.map(decideHost))].sort()).to.deep.equal([
      "ask",
      "found",
      "holder",
      "repair",
      "skip",
      "turn",
      "unsure",
    ]);
  });

  it("always takes those that hold the lock, and as holders", () => {
    const right = (s: HostSituation) =>
      (decideHost(s) === "holder") === holds(s);
    expect(wrong(right)).to.deep.equal([]);
  });

  it("skips those alone that a roll which has ended has done, and that owe nothing", () => {
    const right = (s: HostSituation) =>
      (decideHost(s) === "skip") ===
      (s.record === "this" &&
        s.source === "state" &&
        s.left === "nothing" &&
        !s.always);
    expect(wrong(right)).to.deep.equal([]);
  });

  it("takes nothing for done on the word of another configuration's record", () => {
    const right = (s: HostSituation) =>
      s.record === "this" ||
      !["found", "skip", "unsure"].includes(decideHost(s));
    expect(wrong(right)).to.deep.equal([]);
  });

  it("takes a host for broken by evidence only", () => {
    const right = (s: HostSituation) =>
      decideHost(s) !== "repair" ||
      s.left === "debt" ||
      (s.processes === "none" && !s.switches);
    expect(wrong(right)).to.deep.equal([]);
  });

  it("touches none whose recorded processes run although the pattern finds none", () => {
    const right = (s: HostSituation) =>
      s.processes !== "mismatched" ||
      holds(s) ||
      ["ask", "skip"].includes(decideHost(s));
    expect(wrong(right)).to.deep.equal([]);
  });

  it("looks at none that it does not take, but at those that were done in the same roll", () => {
    const right = (s: HostSituation) =>
      !TAKEN.includes(decideHost(s)) || isDue(s);
    expect(wrong(right)).to.deep.equal([]);
  });

  it("is what docs/rolling.md says", () => {
    expect(matchesPage("docs/rolling.md", "states", page())).to.equal(true);
  });
});

const SAID: Record<HostVerdict, string> = {
  skip: "skipped",
  found: "done before",
  unsure: "left alone",
  ask: "asks",
  holder: "first of all",
  repair: "before the others",
  turn: "in its turn",
};

const USUAL: HostSituation = {
  record: "none",
  source: "state",
  processes: "same",
  left: "nothing",
  always: false,
  switches: false,
};

const ROWS: [string, Partial<HostSituation>][] = [
  ["none", {}],
  [
    "of these triggers and this action, in a roll that has ended",
    { record: "this" },
  ],
  ["the same, with `always`", { record: "this", always: true }],
  [
    "of these, in this roll, which has not ended",
    { record: "this", source: "roll" },
  ],
  ["of others", { record: "other" }],
  [
    "of others, in a roll that has not ended",
    { record: "other", source: "roll" },
  ],
  ["whatever it is, and something is owed", { record: "other", left: "debt" }],
  ["whatever it is, and a lock was kept", { record: "this", left: "kept" }],
  [
    "whatever it is, and a killed run left its lock",
    { record: "this", left: "stale" },
  ],
];

function page(): string {
  const header = [
    "the last record",
    ...["processes as recorded", "others", "gone, and none found"],
    ...["running, and none found", "not looked at", "host not reachable"],
  ];
  const rows = ROWS.map(([name, row]) => [
    name,
    ...PROCESSES.map(
      (processes) => SAID[decideHost({ ...USUAL, processes, ...row })],
    ),
  ]);
  return `\n${table(header, rows)}\n`;
}
