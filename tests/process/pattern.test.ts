import { execFileSync } from "node:child_process";
import { expect } from "chai";
import { describePatternProblem } from "../../core/process/pattern";

describe("the pattern of a process", () => {
  const refused: [string, string][] = [
    ["", "the pattern is empty"],
    [
      "a\0b",
      "the pattern has a control character (NUL, a line break, a tab …)",
    ],
    [
      "a\nb",
      "the pattern has a control character (NUL, a line break, a tab …)",
    ],
    ["x".repeat(4097), "the pattern is longer than 4096 characters"],
    [
      "a{2}",
      "`{n}` is not known to every awk: write the repetition out, or `\\{` for a brace",
    ],
    [
      "a}",
      "`{n}` is not known to every awk: write the repetition out, or `\\{` for a brace",
    ],
    [
      "\\d",
      "`\\d` means different things on different hosts: write a bracket expression such as [0-9] or [[:alnum:]_]",
    ],
    [
      "\\bfoo",
      "`\\b` means different things on different hosts: write a bracket expression such as [0-9] or [[:alnum:]_]",
    ],
    [
      "\\<foo",
      "`\\<` means different things on different hosts: write a bracket expression such as [0-9] or [[:alnum:]_]",
    ],
    ["(a)\\1", "back-references (`\\1`) are no extended regular expressions"],
    ["a\\-b", "`\\-` has no defined meaning: write `-`"],
    ["a\\", "the pattern ends in a backslash"],
    ["(?:a)", "`(?…)` is no extended regular expression"],
    ["(a", "a `(` is never closed"],
    ["a)", "a `)` has no `(` before it"],
    ["a|", "an empty alternative (`()`, `a|`, `|a`) has no defined meaning"],
    ["(|a)", "an empty alternative (`()`, `a|`, `|a`) has no defined meaning"],
    ["()", "an empty alternative (`()`, `a|`, `|a`) has no defined meaning"],
    ["*a", "`*` has nothing before it to repeat"],
    ["a|+b", "`+` has nothing before it to repeat"],
    ["a*?", "`?` after another repetition has no defined meaning"],
    ["a++", "`+` after another repetition has no defined meaning"],
    ["^*", "`^` cannot be repeated"],
    [
      "a^b",
      "`^` in the middle means different things on different hosts: write `\\^`",
    ],
    [
      "a$b",
      "`$` in the middle means different things on different hosts: write `\\$`",
    ],
    ["[ab", "a `[` is never closed"],
    ["[]", "a `[` is never closed"],
    ["[\\d]", "a backslash in `[…]` means different things on different hosts"],
    ["[[.a.]]", "`[.…` and `[=…` are not supported"],
    ["[é]", "`[…]` can hold ASCII characters only: the hosts match bytes"],
    ["[[:word:]]", "`[:word:]` is no class of characters"],
    ["[z-a]", "the range `z-a` is empty"],
    [
      "é+",
      "`é` is several bytes, of which only the last would be repeated: write `(é)`",
    ],
  ];
  for (const [pattern, message] of refused)
    it(`${JSON.stringify(pattern.slice(0, 20))} is refused: ${message}`, () => {
      expect(describePatternProblem(pattern)).to.equal(message);
    });

  const accepted = [
    ...["java", "^/usr/bin/foo( |$)", "foo|bar", "(a|b)+c?", "a.*b", "^$"],
    ...["[0-9]+", "[^ ]*", "[]a]", "[^]a]", "[a-]", "[[:digit:]x]+"],
    ...[
      "a\\.b\\*\\(\\)\\[\\{\\}\\|\\$\\^\\\\",
      "-Dproc_datanode",
      "naïve",
      "/opt/\\/x",
    ],
    ...["(^a|b$)", "((a))", "nginx: master", "a-b_c:@,=%~&;!#'\"`<>"],
  ];
  for (const pattern of accepted)
    it(`${pattern} is good`, () => {
      expect(describePatternProblem(pattern)).to.equal(null);
    });

  it("that is a name longer than the kernel keeps is refused where names are matched", () => {
    const pattern = "averyveryverylongdaemonname";
    expect(describePatternProblem(pattern, { fullCmd: false })).to.equal(
      "the kernel keeps 15 characters of a process name, so a pattern of 27 matches nothing: use fullCmd, or the first 15",
    );
    expect(describePatternProblem(pattern, { fullCmd: true })).to.equal(null);
    expect(
      describePatternProblem("averyveryverylo", { fullCmd: false }),
    ).to.equal(null);
  });

  const subjects = [
    "java",
    "/usr/bin/foo x",
    "foo",
    "bar",
    "aabc",
    "a.b*()[{}|$^\\",
    "axxb",
    "007",
    "]",
    "-",
    "a-b_c:@,=%~&;!#'\"`<>",
    "naïve",
    "nginx: master process",
    "",
    "/opt//x",
  ];
  for (const awk of ["mawk", "gawk", "busybox awk", "original-awk"])
    it(`that is good means the same to ${awk} as to grep -E`, function () {
      const [command, ...args] = awk.split(" ");
      const env = { PATH: process.env.PATH, LC_ALL: "C" };
      const program = `BEGIN { while ((getline line) > 0) print (line ~ ENVIRON["P"]) }`;
      const input = subjects.join("\n") + "\n";
      try {
        execFileSync(command!, [...args, "BEGIN { exit }"], {
          stdio: "ignore",
        });
      } catch {
        console.log(`      skipped: ${awk} is not on this machine`);
        return this.skip();
      }
      for (const pattern of accepted) {
        const seen = execFileSync(command!, [...args, program], {
          env: { ...env, P: pattern },
          input,
          encoding: "utf8",
          stdio: ["pipe", "pipe", "ignore"],
        });
        const matched = execFileSync(
          "sh",
          ["-c", 'grep -nE -e "$P" | cut -d: -f1'],
          {
            env: { ...env, P: pattern },
            input,
            encoding: "utf8",
          },
        );
        const lines = new Set(matched.trim().split("\n").map(Number));
        const expected = subjects
          .map((_, i) => (lines.has(i + 1) ? "1\n" : "0\n"))
          .join("");
        expect(seen, pattern).to.equal(expected);
      }
    });
});
