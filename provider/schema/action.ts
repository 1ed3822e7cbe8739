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
  timeout: positiveSeconds.optional(),
  ...rights,
};

export const action = known(
  together(closed(fields), (value, context) => {
    const issue = (message: string, path: string[] = []) =>
      context.addIssue({ code: "custom", path, message });
    const { command, service, perform, stdin, environment } = value;
    if (command === undefined && service === undefined)
      return issue("expected `command` or `service`");
    if (isGiven(command) && isGiven(service))
      return issue("expected either `command` or `service`, not both");
    if (isGiven(command) && isGiven(perform))
      issue("goes with `service` only", ["perform"]);
    if (!isGiven(service)) return;
    if (isGiven(stdin)) issue("goes with `command` only", ["stdin"]);
    if (isGiven(environment))
      issue("goes with `command` only", ["environment"]);
  }),
);

/** Given, and known to be. */
function isGiven(value: unknown): boolean {
  return value !== undefined && !isUnknown(value);
}
