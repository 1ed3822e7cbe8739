import { z } from "zod";
import { describePatternProblem } from "../../core/process/pattern";
import { hasUnknown, known } from "../unknown";
import { checked, closed, flag, together } from "./parts";

const LARGEST_UID = 2 ** 32 - 2;

/** A UID may come as a number, as programs have it. */
const user = known(
  z.custom<string | number>(
    (value) =>
      typeof value === "number"
        ? Number.isInteger(value) && value >= 0 && value <= LARGEST_UID
        : typeof value === "string" &&
          /^([A-Za-z_][A-Za-z0-9_.-]*\$?|\d+)$/.test(value),
    "expected the name of a user or a numeric UID",
  ),
);

const unit = checked((value) =>
  /^[A-Za-z0-9@._:\\][A-Za-z0-9@._:\\-]*$/.test(value)
    ? null
    : "expected the name of a systemd unit",
);

const pidFile = checked((value) =>
  /^\/[^\0\n]+$/.test(value) ? null : "expected an absolute path",
);

const fields = {
  commandString: checked(describePatternProblem).optional(),
  fullCmd: flag.optional(),
  user: user.optional(),
  which: known(z.enum(["all", "oldest", "newest"])).optional(),
  unit: unit.optional(),
  pidFile: pidFile.optional(),
};

/** `{ commandString, fullCmd, user, which }`, `{ unit }` or `{ pidFile }`. */
export const watchedProcess = known(
  together(closed(fields), (value, context) => {
    if (hasUnknown(value)) return;
    const { commandString, fullCmd, user, which, unit, pidFile } = value;
    const pattern = [commandString, fullCmd, user, which];
    const ways = [
      pattern.some((field) => field !== undefined),
      unit !== undefined,
      pidFile !== undefined,
    ].filter(Boolean).length;
    const issue = (message: string) =>
      context.addIssue({ code: "custom", message });
    if (ways !== 1)
      return issue(
        "expected one of `commandString` and `user`, `unit`, or `pidFile`",
      );
    if (unit ?? pidFile) return;
    const problem =
      commandString !== undefined &&
      describePatternProblem(commandString, { fullCmd: fullCmd ?? false });
    // what is wrong with it in any case is said above
    if (problem && !describePatternProblem(commandString))
      context.addIssue({
        code: "custom",
        path: ["commandString"],
        message: problem,
      });
    if (commandString === undefined && user === undefined)
      issue("expected `commandString` or `user`: at least one of them");
  }),
);
