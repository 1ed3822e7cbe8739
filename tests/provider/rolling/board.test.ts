import { expect } from "chai";
import type { ActionOutcome } from "../../../core/action/types";
import { planOf } from "../../../provider/plan";
import { Board } from "../../../provider/rolling/board";
import { Status } from "../../../provider/status";
import type { LockedActionInputs } from "../../../provider/schema/inputs";
import { minimal } from "../inputs";

interface Line {
  message: string;
  ephemeral: boolean;
}

const { act } = planOf(minimal() as unknown as LockedActionInputs, {});
const common = {
  ...{ kept: null, warnings: [], startedAt: "", finishedAt: "" },
  lock: {
    ...{ path: "/l", holder: "h", fencingToken: "1" },
    ...{ waited: 2, held: 35 },
  },
};
const done: ActionOutcome = {
  ...{ ...common, ok: true, outcome: "acted", verified: true },
  ...{ verifiedBy: ["process"], inDoubt: false },
  ...{ before: ["boot/12/1"], after: ["boot/34/2"] },
};
const rebooted: ActionOutcome = {
  ...{ ...done, verifiedBy: ["boot"] },
  ...{ before: ["99c8c677-2f3c/1/0"], after: ["6f3e0a11-45a6/1/0"] },
};
const failed: ActionOutcome = {
  ...{ ...common, ok: false, step: "act", touched: true, stopped: false },
  reasons: ["web2: act: exit 1", "story"],
  debt: { phase: "attempted", step: "act", runKey: "k", drained: false },
};

describe("what the user sees of a roll", () => {
  let lines: Line[];
  let now: number;
  const board = (living: boolean, total = 3) => {
    [lines, now] = [[], 0];
    const status = new Status(
      ({ message, ephemeral }) => lines.push({ message, ephemeral }),
      () => now,
    );
    const facts = { total, done: 0, failed: 0, maxFailures: 2, width: 1 };
    return new Board(status, "urn", facts, living);
  };
  const passing = () =>
    lines.filter(({ ephemeral }) => ephemeral).map(({ message }) => message);
  const lasting = () =>
    lines.filter(({ ephemeral }) => !ephemeral).map(({ message }) => message);

  /** One after the other, a second and more apart, so that each is shown. */
  const play = (...acts: (() => void)[]) => {
    for (const each of acts) {
      now += 1000;
      each();
    }
  };

  const story = (b: Board) => {
    play(
      () => b.begin("web1"),
      () => b.step("web1", act, { step: "dial", text: "dialling" }),
      () => b.step("web1", act, { step: "lock", text: "place 1 of 1" }),
      () => b.step("web1", act, { step: "act", text: "restarting" }),
      () =>
        b.step("web1", act, {
          ...{ step: "health", text: "healthy" },
          soak: { seconds: 8.7, of: 30 },
        }),
      () =>
        b.step("web1", act, { step: "release", text: "releasing the lock" }),
      () => b.end("web1", done),
      () => b.begin("web2"),
      () => b.end("web2", failed),
      () => b.close(),
    );
  };

  it("is one line that lives on a terminal, and one that stays for each host", () => {
    story(board(true));
    expect(passing()).to.deep.equal([
      "0/3 done · connecting to web1 · 3 to go",
      "0/3 done · waiting (web1 place 1 of 1) · 3 to go",
      "0/3 done · 1 acting (web1 restart) · 2 to go",
      "0/3 done · 1 acting (web1 soak 8/30 s) · 2 to go",
      "0/3 done · releasing the lock of web1 · 3 to go",
      "1/3 done · 2 to go · ~1 min left",
      "1/3 done · connecting to web2 · 2 to go · ~1 min left",
      "1/3 done · 1 to go · 1 failed of 2 allowed · ~35 s left",
    ]);
    expect(lasting()).to.deep.equal([
      "web1: acted, verified; waited 2 s, held 35 s; pid 12 -> 34",
      "web2: failed: act: exit 1; waited 2 s, held 35 s",
    ]);
  });

  it("is a line when a host has got the lock and one when it ends elsewhere", () => {
    story(board(false));
    expect(passing()).to.deep.equal([
      "web1 begins: 0/3 done · 1 acting (web1 restart) · 2 to go",
    ]);
    expect(lasting()).to.have.length(2);
  });

  it("tells who was done by an earlier run, and counts them", () => {
    const b = board(true);
    b.found("web1");
    play(() => b.begin("web2"));
    expect(lasting()).to.deep.equal([
      "web1: done by an earlier run of this roll",
    ]);
    expect(passing()).to.deep.equal([
      "1/3 done · connecting to web2 · 2 to go",
    ]);
  });

  it("forgets who was told to stop, and says nothing of it", () => {
    const b = board(true);
    play(
      () => b.begin("web1"),
      () => b.stopped("web1"),
    );
    expect(passing().at(-1)).to.equal("0/3 done · 3 to go");
    expect(lasting()).to.deep.equal([]);
  });

  it("says that nothing was verified, and shortens many processes", () => {
    const many = [1, 2, 3, 4].map((pid) => `boot/${pid}/1`);
    const b = board(true);
    b.begin("web1");
    b.end("web1", {
      ...{ ...done, lock: undefined, outcome: "skippedLock", verified: false },
      ...{ before: many, after: [] },
    });
    expect(lasting()).to.deep.equal([
      "web1: skippedLock, not verified; pid 1,2,3,… -> none",
    ]);
  });

  it("tells of a reboot which boots, and of a host that needed nothing no more than that", () => {
    const b = board(true);
    b.begin("web1");
    b.end("web1", rebooted);
    b.end("web2", {
      ...{ ...common, ok: true, outcome: "notNeeded", verified: false },
      ...{ verifiedBy: [], inDoubt: false },
    });
    expect(lasting()).to.deep.equal([
      "web1: acted, verified; waited 2 s, held 35 s; boot 99c8c677 -> 6f3e0a11",
      "web2: not needed; waited 2 s, held 35 s",
    ]);
  });
});
