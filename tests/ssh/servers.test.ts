import fs from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { createHostPool } from "../../core/ssh/pool";
import type { HostPool, RemoteHost } from "../../core/ssh/types";
import { eventually } from "../support/eventually";
import { Sandbox } from "../support/sandbox";
import { connect } from "./connect";
import { startEarlyServer } from "./early-server";
import { find } from "./machine";
import {
  startPrivateHost,
  whyNoPrivateHost,
  type PrivateHost,
} from "./private-host";

const SERVERS = [
  { name: "dropbear", shell: "dash" },
  { name: "dropbear", shell: "busybox" },
  { name: "tinysshd", shell: "dash" },
] as const;

let count = 0;

/** What is promised of a script, whatever SSH server a host has. */
function promises(host: () => RemoteHost, dir: () => string) {
  it("tells each end as it was, with all that was printed", async () => {
    for (let i = 0; i < 5; i++)
      expect(
        await host().run({
          body: `echo out${i}; echo err >&2; exit ${i}`,
          timeout: 30,
          guard: { key: "ends", runId: `run-${i}` },
        }),
      ).to.deep.equal({
        kind: "exit",
        code: i,
        stdout: `out${i}\n`,
        stderr: "err\n",
      });
    expect(
      await host().run({ body: "cat; exit 3", stdin: "in\n", timeout: 30 }),
    ).to.include({ kind: "exit", code: 3, stdout: "in\n" });
  });

  it("tells a time-out as one, with what was printed before", async () => {
    expect(
      await host().run({
        body: "echo before; exec sleep 300",
        timeout: 1,
        guard: { key: "late", runId: "run-1" },
      }),
    ).to.deep.equal({
      kind: "timeout",
      seconds: 1,
      stdout: "before\n",
      stderr: "",
    });
  });

  it("knows afterwards what became of a run, and revokes one that has not begun", async () => {
    const guard = { key: "fate", runId: "run-1" };
    await host().run({ body: "exit 5", timeout: 30, guard });
    expect(await host().fateOf(guard, 9)).to.deep.equal({
      state: "finished",
      exit: 5,
    });
    const never = path.join(dir(), "never");
    const other = { key: "fate", runId: "run-2" };
    expect(await host().fateOf(other, 9)).to.include({ state: "unknown" });
    expect(
      await host().run({ body: `touch ${never}`, timeout: 9, guard: other }),
    ).to.include({ started: false });
    expect(fs.existsSync(never)).to.equal(false);
  });

  it("ends what is called off", async () => {
    const begun = path.join(dir(), `begun-${count++}`);
    const stop = new AbortController();
    const running = host().run(
      { body: `: >${begun}; exec sleep 300`, timeout: 60 },
      { signal: stop.signal },
    );
    const isBegun = () => fs.existsSync(begun);
    const early = await Promise.race([
      eventually("it has begun", isBegun),
      running,
    ]);
    expect(isBegun(), JSON.stringify(early)).to.equal(true);
    stop.abort();
    // not every server tells a signal; none says that it ended by itself
    expect((await running).kind).to.be.oneOf(["signal", "unknown"]);
  });
}

describe("a script under other SSH servers", () => {
  let sandbox: Sandbox;
  let pool: HostPool;
  before(async () => {
    sandbox = await Sandbox.create();
    pool = createHostPool();
  });
  after(async () => {
    pool.close();
    await sandbox.stop();
  });

  for (const { name, shell } of SERVERS)
    describe(`${name}, where sh is ${shell}`, () => {
      let server: PrivateHost;
      let host: RemoteHost;
      before(async function () {
        const why =
          whyNoPrivateHost() ??
          [name, shell]
            .filter((program) => !find(program))
            .map((program) => `${program} is not on this machine`)[0];
        if (why) {
          console.log(`      skipped: ${why}`);
          return this.skip();
        }
        server = await startPrivateHost(sandbox, [], {
          server: name,
          mounts: [`mount --bind ${find(shell)} /bin/sh`],
        });
      });
      // a connection each: now and then dropbear fails an assertion of its own once a channel was called off
      beforeEach(
        async () => (host = await pool.lease(server.connection("root"))),
      );
      afterEach(() => host?.release());
      promises(
        () => host,
        () => sandbox.dir,
      );
    });

  describe("one that closes the channel when the shell is gone", () => {
    let host: RemoteHost;
    let close: () => void;
    before(async () => {
      const early = await startEarlyServer(sandbox);
      close = () => early.close();
      const { port, hostKey } = early;
      host = await pool.lease(
        connect({ host: "127.0.0.1", port, user: "any", hostKey }),
      );
    });
    after(() => {
      host.release();
      close();
    });
    promises(
      () => host,
      () => sandbox.dir,
    );
  });
});
