import { expect } from "chai";
import { CommanderError } from "commander";
import { CommandError, exitCodeOf, Interrupted, usage } from "../../cli/errors";
import { EXIT, EXIT_CODES } from "../../cli/exit-codes";
import * as lock from "../../core/lock";

const view = {} as lock.HolderView;
const wait = {} as lock.WaitReport;
const hold = {} as lock.Hold;

describe("exit codes", () => {
  it("are the documented ones for whatever goes wrong", () => {
    const cases: [Error, number][] = [
      [new Error("a defect"), 1],
      [new lock.LockLost("x"), 1],
      [new lock.LockCancelled("x"), 1],
      [usage("x"), 2],
      [new CommanderError(1, "commander.unknownOption", "x"), 2],
      [new CommandError(EXIT.notFound, "x"), 3],
      [new lock.LockTimeout("x", [], wait), 4],
      [new lock.LockBlocked("x", [], view), 4],
      [new lock.LockOnHold("x", [], hold), 4],
      [new lock.LockUnavailable("x"), 5],
      [new lock.LockInDoubt("x", [], "/x"), 5],
      [new lock.LockRefused("x"), 6],
      [new lock.LimitsDisagree("x"), 6],
      [new lock.LockDataChanged("x"), 6],
      [new lock.LockError("a live holder"), 6],
      [new Interrupted("SIGHUP"), 129],
      [new Interrupted("SIGINT"), 130],
      [new Interrupted("SIGPIPE"), 141],
      [new Interrupted("SIGTERM"), 143],
      [new CommanderError(0, "commander.helpDisplayed", ""), 0],
    ];
    for (const [error, exit] of cases)
      expect(exitCodeOf(error), error.constructor.name).to.equal(exit);
  });

  it("are all explained in --help", () => {
    const explained = [...EXIT_CODES.matchAll(/^ {2}(\d)\b/gm)].map(([, n]) =>
      Number(n),
    );
    expect(explained).to.deep.equal(Object.values(EXIT));
  });
});
