import { expect } from "chai";
import { execFileSync } from "node:child_process";
import { createProgram } from "../../cli/program";
import { readSettings } from "../../provider/settings";
import { blocks } from "./pages";

/** Thrown when all words were understood, in the place of doing it. */
class Understood extends Error {}

interface Line {
  where: string;
  text: string;
}

const OURS = /^\s*(?:npx )?locked-action /;

/** The words that a shell would hand to the command. */
function words({ text }: Line): string[] {
  // --help has what a line means beside it
  const alone = text.replace(OURS, "").split(/ (?:\||&&|>|#) | {3,}/)[0]!;
  const script = `set -- ${alone}\nprintf '%s\\0' "$@"`;
  const env = { PATH: process.env.PATH, ID: "ID" };
  const printed = execFileSync("sh", ["-c", script], { encoding: "utf8", env });
  return printed.split("\0").slice(0, -1);
}

describe("the commands in README, docs and --help", () => {
  const program = createProgram().hook("preAction", () => {
    throw new Understood();
  });
  const shell: Line[] = blocks("sh").flatMap(({ where, text }) =>
    text.split("\n").map((line) => ({ where, text: line })),
  );
  const helps = [program, ...program.commands].map((command) => {
    let help = "";
    command.configureOutput({ writeOut: (text) => (help += text) });
    command.outputHelp();
    return { name: command.name(), help };
  });
  const examples: Line[] = helps.flatMap(({ name, help }) =>
    help
      .split(/^Examples:$/m)
      .slice(1)
      .join("\n")
      .split("\n")
      .map((text) => ({ where: `${name} --help`, text })),
  );
  const ours = [...shell, ...examples].filter(({ text }) => OURS.test(text));

  for (const line of ours)
    it(`${line.where} is understood: ${line.text.trim()}`, async () => {
      const outcome = await program
        .parseAsync(words(line), { from: "user" })
        .catch((error: unknown) => error);
      expect(outcome, String(outcome)).to.be.instanceOf(Understood);
    });

  const settings = shell.filter(({ text }) =>
    /^pulumi config set .*locked-action:/.test(text),
  );
  for (const line of settings)
    it(`${line.where} sets what there is: ${line.text}`, () => {
      const [key = "", value = ""] = line.text
        .replace(/^pulumi config set (--secret )?/, "")
        .split(" ");
      const { problems, warnings } = readSettings({ [key]: value }, {});
      expect([...problems, ...warnings]).to.deep.equal([]);
    });

  for (const { name, help } of helps)
    it(`${name} --help has examples and exit codes`, () => {
      expect(help).to.match(/^Examples:\n {2}locked-action /m);
      expect(help).to.match(/^Exit codes:\n/m);
      expect(help).to.match(/--servers <list>/);
    });

  it("are looked for where they are", () => {
    expect(shell.filter(({ text }) => OURS.test(text)).length).to.be.at.least(
      10,
    );
    expect(
      examples.filter(({ text }) => OURS.test(text)).length,
    ).to.be.at.least(15);
    expect(settings.length).to.be.greaterThan(2);
  });
});
