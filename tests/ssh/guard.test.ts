import fs from "node:fs";
import { expect } from "chai";
import { guardedHost } from "./guarded-host";

describe("the guard on the host", () => {
  const at = guardedHost();
  const { newKey, file, guarded, acting, seen } = at;

  it("keeps a record of each run, and of the newest only", async () => {
    const key = newKey();
    expect(await at.host.awaitGuard(key, 10)).to.deep.equal({ state: "none" });
    for (const [runId, exit] of [
      ["run-1", 0],
      ["run-2", 3],
    ] as const) {
      const result = await at.host.run(
        guarded(key, runId, `echo out; echo err >&2; exit ${exit}`),
      );
      expect(result).to.deep.equal({
        kind: "exit",
        code: exit,
        stdout: "out\n",
        stderr: "err\n",
      });
      expect(await at.host.awaitGuard(key, 10)).to.deep.equal({
        state: "finished",
        runId,
        exit,
      });
    }
  });

  it("keeps owners apart whose names begin alike", async () => {
    const key = newKey();
    await at.host.run(guarded(`${key}a`, "run-a", "true"));
    await at.host.run(guarded(`${key}a.1`, "run-b", "exit 1"));
    expect(await at.host.awaitGuard(`${key}a`, 10)).to.include({
      runId: "run-a",
    });
    expect(await at.host.awaitGuard(key, 10)).to.deep.equal({ state: "none" });
  });

  it("lets a second run of the same owner wait for the first, and says for whom", async () => {
    const key = newKey();
    const [begun, go, order] = [file("begun"), file("go"), file("order")];
    const first = at.host.run(
      guarded(key, "run-1", acting(begun, go, `echo first >>${order}`)),
    );
    await seen(begun);
    const second = at.host.run(guarded(key, "run-2", `echo second >>${order}`));
    const other = await at.host.run(guarded(newKey(), "run-3", "true"));
    expect(other).to.include({ kind: "exit", code: 0 });
    fs.writeFileSync(go, "");
    expect(await first).to.include({ kind: "exit", code: 0, stderr: "" });
    const result = await second;
    expect(result).to.include({ kind: "exit", code: 0 });
    expect(fs.readFileSync(order, "utf8")).to.equal("first\nsecond\n");
    if (result.stderr)
      expect(result.stderr).to.equal(
        "locked-action: waiting for run run-1, which still acts on this host\n",
      );
  });

  it("never lets a run begin that has waited until its deadline", async () => {
    const key = newKey();
    const [begun, go, never] = [file("begun"), file("go"), file("never")];
    const first = at.host.run(guarded(key, "run-1", acting(begun, go)));
    await seen(begun);
    const second = await at.host.run(
      guarded(key, "run-2", `touch ${never}`, { timeout: 2 }),
    );
    expect(second).to.deep.equal({
      kind: "timeout",
      seconds: 2,
      started: false,
      stdout: "",
      stderr:
        "locked-action: waiting for run run-1, which still acts on this host\n",
    });
    expect(await at.host.awaitGuard(key, 1)).to.deep.equal({
      state: "running",
      runId: "run-1",
    });
    fs.writeFileSync(go, "");
    await first;
    expect(await at.host.awaitGuard(key, 30)).to.deep.equal({
      state: "finished",
      runId: "run-1",
      exit: 0,
    });
    expect(fs.existsSync(never)).to.equal(false);
  });

  it("writes the end by TERM down, and calls one by KILL interrupted", async () => {
    const key = newKey();
    await at.host.run(guarded(key, "run-1", "sleep 300", { timeout: 2 }));
    expect(await at.host.awaitGuard(key, 30)).to.deep.equal({
      state: "finished",
      runId: "run-1",
      exit: 143,
    });
    await at.host.run(guarded(key, "run-2", "kill -KILL $$"));
    expect(await at.host.awaitGuard(key, 30)).to.deep.equal({
      state: "interrupted",
      runId: "run-2",
    });
  });

  it("is not kept by a daemon that the act leaves behind", async () => {
    const key = newKey();
    const pid = file("pid");
    const result = await at.host.run(
      guarded(key, "run-1", `sleep 300 & echo $! >${pid}; echo up`),
    );
    expect(result).to.include({ kind: "exit", code: 0, stdout: "up\n" });
    expect(await at.host.awaitGuard(key, 10)).to.include({
      state: "finished",
      exit: 0,
    });
    expect(await at.host.run(guarded(key, "run-2", "true"))).to.include({
      kind: "exit",
      code: 0,
    });
    process.kill(Number(fs.readFileSync(pid, "utf8")));
  });

  it("refuses names that are none", async () => {
    const failure = (call: Promise<unknown>) =>
      call.then(
        () => "",
        (error: Error) => error.message,
      );
    expect(await failure(at.host.awaitGuard("a/b", 1))).to.equal(
      'guard: "a/b" is no name of a file',
    );
    expect(
      await failure(at.host.awaitGuard("a", 1, { revoke: "x y" })),
    ).to.equal('guard: "x y" is no run id');
  });
});
