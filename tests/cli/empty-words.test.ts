import { expect } from "chai";
import { createProgram } from "../../cli/program";

/** As a shell gives them for a variable that is not set: `--holder "$ID"` must not be the only holder there is. */
describe("a word that is empty", () => {
  const program = createProgram();
  const NOWHERE = ["--servers", "127.0.0.1:1", "--connect-timeout", "0.1"];
  for (const words of [
    ...["show", "history", "unhold", "wait"].map((command) => [command, ""]),
    ["watch", "web", ""],
    ["hold", "", "-m", "x"],
    ["set", "", "--max-holders", "1", "-m", "x"],
    ["run", "", "--", "true"],
    ["run", "web", "--target", "", "--", "true"],
    ["run", "web", "--subject", "", "--", "true"],
    ["run", "web", "--data", "", "--", "true"],
    ["clear", "", "--holder", "x", "-m", "x", "-y"],
    ["clear", "web", "--holder", "", "-m", "x", "-y"],
    ["clear", "web", "--holder", " ", "-m", "x", "-y"],
    ["clear", "web", "--waiter", "", "-m", "x", "-y"],
  ])
    it(`is refused: ${words.join(" ")}`, async () => {
      const error = await program
        .parseAsync([...words.slice(0, 1), ...NOWHERE, ...words.slice(1)], {
          from: "user",
        })
        .then(
          () => null,
          (error: Error) => error,
        );
      expect(error?.message).to.match(/must not be empty/);
    });
});
