import { expect } from "chai";
import { decide, type Situation } from "../../core/action/decide";
import { matchesPage, table } from "../docs/states";

const PERFORMS = [
  ...["restart", "try-restart", "command", "reboot"],
  ...["reload", "reload-or-restart", "start", "stop"],
] as Situation["perform"][];
const RECORDS = ["this", "other", "none"] as const;
const PHASES = ["done", "owed", "attempted", "acted", "verified"] as const;
const PROCESSES = ["same", "others", "none", "unwatched", "unseen"] as const;
const LEFT = ["nothing", "debt", "kept", "stale"] as const;
const BOTH = [false, true];

const USUAL: Situation = {
  perform: "restart",
  record: "none",
  phase: "owed",
  processes: "same",
  left: "nothing",
  running: false,
  begun: false,
  meanwhile: false,
  always: false,
};

/** Every cell there is. */
function* cells(): Generator<Situation> {
  for (const perform of PERFORMS)
    for (const record of RECORDS)
      for (const phase of PHASES)
        for (const processes of PROCESSES)
          for (const left of LEFT)
            for (const running of BOTH)
              for (const begun of BOTH)
                for (const meanwhile of BOTH)
                  for (const always of BOTH)
                    yield {
                      ...{ perform, record, phase, processes, left },
                      ...{ running, begun, meanwhile, always },
                    };
}

const all = [...cells()];

describe("what becomes of a host", () => {
  const wrong = (rule: (s: Situation) => boolean) =>
    all.filter((situation) => !rule(situation));
  const says = (situation: Situation) => decide(situation);
  const resumed = ({ left }: Situation) => left === "kept" || left === "stale";
  const done = ({ record, phase, left, always }: Situation) =>
    record === "this" && phase === "done" && left === "nothing" && !always;

  it("has a verdict for every cell", () => {
    expect(all).to.have.length(8 * 3 * 5 * 5 * 4 * 16);
    const verdicts = new Set(all.map(says));
    expect([...verdicts].sort()).to.deep.equal(
      [
        ...["act", "refuse", "repair", "resume"],
        ...["skip", "undrain", "verify"],
      ].sort(),
    );
  });

  it("skips only what is done with what is wanted now, and nothing is left of it", () => {
    expect(wrong((s) => (says(s) === "skip") === done(s))).to.deep.equal([]);
  });

  it("refuses while an act may still run, and where nobody can look", () => {
    const blind = (s: Situation) => s.running || s.processes === "unseen";
    expect(
      wrong((s) => (says(s) === "refuse") === (blind(s) && !done(s))),
    ).to.deep.equal([]);
  });

  it("takes nothing for done on the word of another configuration's run", () => {
    const free = (s: Situation) =>
      s.record === "this" ||
      s.meanwhile ||
      !["verify", "undrain", "skip"].includes(says(s));
    expect(wrong(free)).to.deep.equal([]);
  });

  it("only undrains where all else was verified", () => {
    const right = (s: Situation) =>
      says(s) !== "undrain" || (s.record === "this" && s.phase === "verified");
    expect(wrong(right)).to.deep.equal([]);
  });

  it("asks the gate of those alone that hold nothing", () => {
    const right = (s: Situation) =>
      says(s) === "act"
        ? !resumed(s)
        : !["resume", "repair"].includes(says(s)) || resumed(s);
    expect(wrong(right)).to.deep.equal([]);
  });

  it("asks onlyIf of all but those that hold a lock under which an act had begun", () => {
    const right = (s: Situation) =>
      says(s) === "repair"
        ? resumed(s) && s.begun
        : says(s) !== "resume" || !s.begun;
    expect(wrong(right)).to.deep.equal([]);
  });

  it("judges the same whatever is left, but for the gate", () => {
    const plain = (s: Situation) => says(s).replace(/resume|repair/, "act");
    const right = (s: Situation) =>
      s.left === "nothing" || plain(s) === plain({ ...s, left: "debt" });
    expect(wrong(right)).to.deep.equal([]);
  });

  it("acts a second time rather than to miss one: what cannot be told is not done", () => {
    const right = (s: Situation) =>
      says(s) !== "verify" ||
      s.meanwhile ||
      s.phase === "acted" ||
      s.processes === "others";
    expect(wrong(right)).to.deep.equal([]);
  });

  it("is what docs/failures.md says", () => {
    expect(matchesPage("docs/failures.md", "states", page())).to.equal(true);
  });
});

const SAID: Record<ReturnType<typeof decide>, string> = {
  act: "acts",
  resume: "acts",
  repair: "acts",
  verify: "verifies only",
  undrain: "undrains only",
  refuse: "refuses",
  skip: "nothing",
};

const ROWS: [string, Partial<Situation>][] = [
  ["none", { record: "none" }],
  [
    "of other triggers, or of another action",
    { record: "other", left: "debt" },
  ],
  ["of these: done", { record: "this", phase: "done" }],
  ["of these: nothing begun", { record: "this", phase: "owed", left: "debt" }],
  [
    "of these: the action failed, or its end is unknown",
    { record: "this", phase: "attempted", left: "debt" },
  ],
  [
    "of these: it ended well, not verified",
    { record: "this", phase: "acted", left: "debt" },
  ],
  [
    "of these: verified, not undrained",
    { record: "this", phase: "verified", left: "debt" },
  ],
];

const KINDS: [string, Situation["perform"][], number][] = [
  [
    "`restart`, `try-restart`, `command`, `reboot` (its boot)",
    ["restart", "try-restart", "command", "reboot"],
    0,
  ],
  ["`reload`, `reload-or-restart`", ["reload", "reload-or-restart"], 3],
  ["`start`", ["start"], 3],
  ["`stop`", ["stop"], 3],
];

function page(): string {
  return (
    KINDS.map(([title, performs, from]) => {
      const rows = ROWS.slice(from, from === 0 ? undefined : 6).map(
        ([name, row]) => [
          name,
          ...PROCESSES.map((processes) => {
            const said = performs.map(
              (perform) =>
                SAID[decide({ ...USUAL, perform, processes, ...row })],
            );
            expect(new Set(said).size).to.equal(1);
            return said[0]!;
          }),
        ],
      );
      const header = [
        `the last record, with ${title}`,
        ...[
          "processes as recorded",
          "others",
          "none",
          "none given to look at",
          "host not reachable",
        ],
      ];
      return `\n${table(header, rows)}`;
    }).join("") + "\n"
  );
}
