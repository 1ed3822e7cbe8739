import fs from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { eventually } from "../support/eventually";
import { startProxy } from "../support/proxy";
import { guardedHost } from "./guarded-host";
import { comm, descendants, find } from "./machine";
import {
  startPrivateHost,
  needsPrivateHosts,
  type PrivateHost,
} from "./private-host";

/** What is /bin/sh on a host. Old versions of bash keep here-documents in files. */
const SHELLS = [
  { name: "dash", shell: "dash", environment: "", pipes: /^pipe:/ },
  { name: "busybox", shell: "busybox", environment: "", pipes: /^pipe:/ },
  {
    name: "an old bash",
    shell: "bash",
    environment: "BASH_COMPAT=50",
    pipes: /\/key\.\d+\.out/,
  },
];

describe("the guard on the host, whatever its sh is", () => {
  const at = guardedHost();
  const { guarded, acting, seen } = at;

  needsPrivateHosts();

  const start = (shell: string, environment: string) =>
    startPrivateHost(at.sandbox, [], {
      pidNamespace: true,
      mounts: [`mount --bind ${find(shell)} /bin/sh`],
      config: [`SetEnv LOCKED_ACTION_SANDBOX=${at.sandbox.dir} ${environment}`],
    });
  const relaying = ({ pid }: PrivateHost) =>
    descendants(pid).some((child) => comm(child) === "cat");

  for (const { name, shell, environment, pipes } of SHELLS)
    describe(name, () => {
      before(function () {
        if (find(shell)) return;
        console.log(`        skipped: ${shell} is not on this machine`);
        this.skip();
      });

      it("an act outlives its link, however much it prints, and its outputs are closed with it", async () => {
        const host = await start(shell, environment);
        const proxy = await startProxy(host.port);
        const direct = await at.pool.lease(host.connection("root"));
        const lease = await at.pool.lease({
          ...host.connection("root"),
          port: proxy.port,
        });
        const [begun, go, done] = ["begun", "go", "done"].map((file) =>
          path.join(host.dir, file),
        );
        const running = lease.run(
          guarded(
            "key",
            "run-1",
            acting(
              begun!,
              go!,
              `seq 1 100000; seq 1 100000 >&2; echo more; echo >${done}; exit 5`,
            ),
          ),
        );
        await seen(begun!);
        proxy.cut();
        expect(await running).to.include({ kind: "unknown" });
        fs.writeFileSync(go!, "");
        expect(await direct.awaitGuard("key", 30)).to.deep.equal({
          state: "finished",
          runId: "run-1",
          exit: 5,
        });
        expect(fs.existsSync(done!)).to.equal(true);
        await eventually("its relays are gone", () => !relaying(host));

        const told = await direct.run(
          guarded("key", "run-2", "readlink /proc/self/fd/1; echo err >&2"),
        );
        expect(told).to.include({ kind: "exit", code: 0, stderr: "err\n" });
        expect(told.stdout).to.match(pipes);
        await eventually("its relays are gone", () => !relaying(host));
        lease.release();
        direct.release();
        await proxy.close();
      });
    });

  it("starts few processes for an act", async function () {
    if (!find("dash")) {
      console.log("      skipped: dash is not on this machine");
      return this.skip();
    }
    const host = await start("dash", "");
    const lease = await at.pool.lease(host.connection("root"));
    // nothing else runs in its PID namespace, where pids are given in order
    const pid = async (runId: string) =>
      Number((await lease.run(guarded("key", runId, "echo $$"))).stdout);
    await pid("run-1"); // the first of an owner makes the files
    const second = await pid("run-2");
    const third = await pid("run-3");
    // itself, the watchdog and its `sleep`, two relays with a `cat` each, `flock`, the body
    expect(third - second).to.be.at.most(9);
    lease.release();
  });
});
