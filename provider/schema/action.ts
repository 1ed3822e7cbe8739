import { z } from "zod";
import { SERVICE_NAME } from "../../core/action/service";
import { describeVariableProblem as describeProblemOfShell } from "../../core/ssh/script-problem";
import { isUnknown, known } from "../unknown";
import {
  checked,
  closed,
  positiveSeconds,
  rights,
  text,
  together,
  word,
} from "./parts";

const environment = known(
  z.record(z.string(), text).superRefine((value, context) => {
    for (const name of Object.keys(value)) {
      const message = describeVariableProblem(name);
      if (message) context.addIssue({ code: "custom", path: [name], message });
    }
  }),
);

function describeVariableProblem(name: string): string | null {
  const problem = describeProblemOfShell(name);
  if (problem) return problem;
  return name.startsWith("LOCKED_ACTION_")
    ? "names that begin with LOCKED_ACTION_ are set by this package"
    : null;
}

const fields = {
  command: word.optional(),
  stdin: text.optional(),
  environment: environment.optional(),
  service: checked((value) =>
    SERVICE_NAME.test(value)
      ? null
      : "expected the name of a service: letters, digits and @ . _ : - \\, not beginning with -, 256 characters at most",
  ).optional(),
  perform: known(
    z.enum([
      "restart",
      "reload",
      "try-restart",
      "reload-or-restart",
      "start",
      "stop",
    ]),
  ).optional(),
  reboot: known(
    z.custom<true>((value) => value === true, "expected true, or nothing"),
  ).optional(),
  timeout: positiveSeconds.optional(),
  ...rights,
};

export const action = known(
  together(closed(fields), (value, context) => {
    const issue = (message: string, path: string[] = []) =>
      context.addIssue({ code: "custom", path, message });
    const { command, service, reboot, perform, stdin, environment } = value;
    const kinds = [command, service, reboot];
    if (kinds.every((kind) => kind === undefined))
      return issue("expected `command`, `service` or `reboot`");
    if (kinds.filter(isGiven).length > 1)
      return issue("expected one of `command`, `service` and `reboot` alone");
    if ((isGiven(command) || isGiven(reboot)) && isGiven(perform))
      issue("goes with `service` only", ["perform"]);
    if (!isGiven(service) && !isGiven(reboot)) return;
    if (isGiven(stdin)) issue("goes with `command` only", ["stdin"]);
    if (isGiven(environment))
      issue("goes with `command` only", ["environment"]);
  }),
);

/** Given, and known to be. */
function isGiven(value: unknown): boolean {
  return value !== undefined && !isUnknown(value);
}
