import { expect } from "chai";
import { describe as told, expectation } from "../../core/action/expectation";
import type { Seen } from "../../core/action/look";
import type { Act, Perform } from "../../core/action/types";

const OLD = "boot/1/100";
const NEW = "boot/2/200";
const seen = (...identities: string[]): Seen => ({
  ...{ kind: "seen", identities },
  ages: identities.map(() => 1),
});
const act = (perform: Perform): Act => ({
  ...{ kind: "service", service: "web", perform, timeout: 1 },
});
const COMMAND: Act = { kind: "command", command: "true", timeout: 1 };

describe("what must be seen after an act", () => {
  /** what, before, then: same, new, both, down */
  const table: [Act, string[], boolean[]][] = [
    [act("restart"), [OLD], [false, true, false, false]],
    [act("restart"), [], [true, true, true, false]],
    [COMMAND, [OLD], [false, true, false, false]],
    [act("try-restart"), [OLD], [false, true, false, false]],
    [act("try-restart"), [], [false, false, false, true]],
    [act("reload"), [OLD], [true, false, true, false]],
    [act("reload-or-restart"), [OLD], [true, true, true, false]],
    [act("start"), [], [true, true, true, false]],
    [act("stop"), [OLD], [false, false, false, true]],
  ];
  const sights: [string, Seen][] = [
    ["the same process", seen(OLD)],
    ["a new one", seen(NEW)],
    ["the old one and a new one", seen(OLD, NEW)],
    ["nothing", seen()],
  ];
  for (const [what, before, answers] of table)
    for (const [i, [name, sight]] of sights.entries()) {
      const perform = what.kind === "service" ? what.perform : "a command";
      const was = before.length ? "of what ran" : "of what was down";
      it(`${perform} ${was}, and ${name} is seen: ${answers[i] ? "yes" : "no"}`, () => {
        const { holds } = expectation(what, { identities: before });
        expect(holds(sight)).to.equal(answers[i]);
      });
    }

  it("takes a unit for restarted by its invocation, and never while it is failed", () => {
    const before = { identities: [OLD], invocationId: "a" };
    const { holds } = expectation(act("restart"), before);
    const unit = (invocationId: string, activeState: string): Seen => ({
      ...seen(OLD),
      ...{ invocationId, activeState },
    });
    expect(holds(unit("b", "active"))).to.equal(true);
    expect(holds(unit("a", "active"))).to.equal(false);
    expect(holds({ ...seen(), activeState: "failed" })).to.equal(false);
  });
});

describe("what was seen, in words", () => {
  const before = { identities: [OLD] };
  it("names pids, old ones as such, and the state of a unit", () => {
    expect(told(before, seen())).to.equal("no process");
    expect(told(before, seen(NEW))).to.equal("pid 2");
    expect(told(before, seen(OLD, NEW))).to.equal(
      "the old process still there, pid 1",
    );
    expect(told(before, { ...seen(), activeState: "failed" })).to.equal(
      "no process (the unit is failed)",
    );
    const state = { activeState: "active", deadMain: 9 };
    expect(told(before, { ...seen(), ...state })).to.equal(
      "no process (the unit is active, but its main process 9 has died)",
    );
    const absent = { activeState: "inactive", loadState: "not-found" };
    expect(told(before, { ...seen(), ...absent })).to.equal(
      "no process (the unit is not-found, inactive)",
    );
    expect(told(before, { kind: "unknown", reason: "hidepid" })).to.equal(
      "nothing for sure (hidepid)",
    );
  });
});
