import { expect } from "chai";
import { eventually } from "../support/eventually";
import { oneHost } from "./one-host";

describe("ending a script on a host", () => {
  const at = oneHost();
  const { run, alive, pidIn, file } = at;

  it("at its deadline on the host, with everything it has started", async () => {
    const [a, b] = [file(), file()];
    const result = await run(
      `echo before; sh -c 'echo $$ >${a}; sleep 300' & echo $! >${b}; sleep 300`,
      { timeout: 1.4 },
    );
    expect(result).to.include({
      kind: "timeout",
      seconds: 2,
      stdout: "before\n",
    });
    for (const pid of [await pidIn(a), await pidIn(b)])
      await eventually(`${pid} is gone`, () => !alive(pid));
  });

  it("by KILL if it does not mind TERM", async () => {
    const pid = file();
    const result = await run(
      `trap '' TERM; sh -c 'echo $PPID' >${pid}; while :; do sleep 1; done`,
      { timeout: 2 },
    );
    expect(result).to.include({ kind: "timeout", seconds: 2 });
    const number = await pidIn(pid);
    await eventually("it is gone", () => !alive(number));
  });

  it("at its deadline whoever has killed the watch over it, and not before", async () => {
    const killed = `for p in $(cat /proc/$$/task/*/children); do kill $(cat /proc/$p/task/*/children); done 2>/dev/null`;
    expect(await run(`${killed}; sleep 0.1; exit 3`)).to.include({
      kind: "exit",
      code: 3,
    });
    expect(await run(`${killed}; sleep 300`, { timeout: 1 })).to.include({
      kind: "timeout",
      seconds: 1,
    });
  });

  it("but not what has outlived it, when only its shell was killed", async () => {
    const [daemon, watchdog] = [file(), file()];
    const result = await run(
      `cut -d' ' -f1 /proc/$$/task/$$/children >${watchdog}
      sleep 300 & echo $! >${daemon}; kill -KILL $$`,
      { timeout: 2 },
    );
    expect(result).to.include({ kind: "signal", signal: "SIGKILL" });
    const watching = await pidIn(watchdog);
    await eventually("nobody watches any more", () => !alive(watching));
    const child = await pidIn(daemon);
    expect(alive(child)).to.equal(true);
    process.kill(child);
  });

  it("when it is called off, by TERM to all of it", async () => {
    const pid = file();
    const stop = new AbortController();
    const running = at.host.run(
      {
        body: `trap 'echo cleaned; exit' TERM; echo begun; sleep 300 & echo $! >${pid}; wait`,
        timeout: 60,
      },
      { signal: stop.signal },
    );
    const child = await pidIn(pid);
    stop.abort();
    const result = await running;
    expect(result).to.include({ kind: "signal", signal: "SIGTERM" });
    expect(result.stdout).to.match(/^begun\n/);
    await eventually("its child is gone", () => !alive(child));
  });

  it("when it is called off, by KILL if it does not mind TERM", async () => {
    const pid = file();
    const stop = new AbortController();
    const running = at.host.run(
      {
        body: `trap '' TERM; sh -c 'echo $PPID' >${pid}; while :; do sleep 1; done`,
        timeout: 60,
      },
      { signal: stop.signal },
    );
    const shell = await pidIn(pid);
    stop.abort();
    expect(await running).to.include({ kind: "signal", signal: "SIGKILL" });
    await eventually("it is gone", () => !alive(shell));
  });

  it("before it has begun, and says so", async () => {
    const result = await at.host.run(
      { body: "true", timeout: 9 },
      { signal: AbortSignal.abort() },
    );
    expect(result).to.include({
      kind: "unknown",
      started: false,
      reason: "it was called off before it began",
    });
  });

  it("does not wait for a background process that keeps its outputs open", async () => {
    const pid = file();
    const result = await run(`sleep 300 & echo $! >${pid}; echo done; exit 6`);
    expect(result).to.deep.equal({
      kind: "exit",
      code: 6,
      stdout: "done\n",
      stderr: "",
    });
    const child = await pidIn(pid);
    expect(alive(child)).to.equal(true);
    process.kill(child);
  });

  it("does not wait for one either when the script had no last word", async () => {
    const pid = file();
    const result = await run(
      `sleep 300 & echo $! >${pid}; echo done; kill -KILL $$`,
    );
    expect(result).to.include({
      kind: "signal",
      signal: "SIGKILL",
      stdout: "done\n",
    });
    process.kill(await pidIn(pid));
  });
});
