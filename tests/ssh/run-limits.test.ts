import fs from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { describeScriptProblem } from "../../core/ssh/script-problem";
import type { Script } from "../../core/ssh/types";
import { startHosts } from "../support/hosts";
import { connect } from "./connect";
import { oneHost } from "./one-host";

describe("running a script on a host", () => {
  const at = oneHost();
  const { run } = at;

  it("runs six at a time, and the others after them", async () => {
    const dir = fs.mkdtempSync(path.join(at.sandbox.dir, "slots-"));
    const body = `touch ${dir}/$$; ls ${dir} | wc -l; sleep 0.2; rm ${dir}/$$`;
    const results = await Promise.all(
      Array.from({ length: 25 }, () => run(body)),
    );
    for (const result of results)
      expect(result).to.include({ kind: "exit", code: 0 });
    expect(
      Math.max(...results.map(({ stdout }) => Number(stdout))),
    ).to.be.within(2, 6);
  });

  it("waits when the host has no room for another session", async () => {
    const tight = await startHosts(at.sandbox, ["tight"], {
      config: ["MaxSessions 2"],
    });
    const other = await at.pool.lease(connect(tight.connection("tight")));
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, i) =>
        other.run({ body: `exit ${i}`, timeout: 30 }),
      ),
    );
    expect(
      results.map((result) => result.kind === "exit" && result.code),
    ).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7]);
    other.release();
  });

  it("refuses what cannot be sent, without repeating values", async () => {
    const cases: [Partial<Script>, string][] = [
      [{ body: "a\0b" }, "the script contains NUL"],
      [{ timeout: 0 }, "timeout: expected seconds above 0, got 0"],
      [{ timeout: NaN }, "timeout: expected seconds above 0, got NaN"],
      [
        { timeout: Infinity },
        "timeout: expected seconds above 0, got Infinity",
      ],
      [
        { environment: { "A-B": "x" } },
        'environment: "A-B" is no name of a variable',
      ],
      [{ environment: { A: "secret\0" } }, "environment: A contains NUL"],
      [{ sudo: "-s" }, 'sudo: "-s" is no user name'],
      [{ sudo: "a;b" }, 'sudo: "a;b" is no user name'],
      [
        { sudo: true, sudoPassword: "two\nlines" },
        "sudoPassword: a password of one line is expected",
      ],
      [
        { guard: { key: "../x", runId: "r" } },
        'guard: "../x" is no name of a file',
      ],
      [{ guard: { key: "x", runId: "r r" } }, 'guard: "r r" is no run id'],
    ];
    for (const [more, message] of cases) {
      const script = { body: "true", timeout: 9, ...more };
      expect(describeScriptProblem(script)).to.equal(message);
      const error = await at.host.run(script).catch((e: unknown) => e);
      expect(error).to.be.instanceOf(TypeError);
      expect((error as Error).message).to.equal(message);
    }
    for (const sudo of ["www-data", "#1000", "_apt", "svc$", true])
      expect(describeScriptProblem({ body: "", timeout: 1, sudo })).to.equal(
        null,
      );
  });
});
