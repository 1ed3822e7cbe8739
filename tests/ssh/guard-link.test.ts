import fs from "node:fs";
import { expect } from "chai";
import { eventually } from "../support/eventually";
import { startProxy, type Proxy } from "../support/proxy";
import { connect } from "./connect";
import { guardedHost } from "./guarded-host";

describe("the guard on the host, when the link is lost", () => {
  const at = guardedHost();
  const { newKey, file, guarded, acting, seen } = at;

  let proxy: Proxy;
  const through = () =>
    at.pool.lease(
      connect({
        ...at.fleet.connection("web1"),
        port: proxy.port,
        hostKey: at.fleet.host("web1").hostKey,
      }),
    );
  beforeEach(
    async () => (proxy = await startProxy(at.fleet.host("web1").port)),
  );
  afterEach(() => proxy.close());

  it("the act goes on to its end, however much it prints, and its exit is known afterwards", async () => {
    const key = newKey();
    const [begun, go, done] = [file("begun"), file("go"), file("done")];
    const lease = await through();
    const running = lease.run(
      guarded(
        key,
        "run-1",
        acting(
          begun,
          go,
          `seq 1 100000; seq 1 100000 >&2; sleep 0.1; echo more; echo done >${done}; exit 5`,
        ),
      ),
    );
    await seen(begun);
    proxy.cut();
    const result = await running;
    expect(result).to.include({ kind: "unknown" });
    // its own mark came through before the link was lost
    expect(result.started).to.equal(true);
    const again = await through();
    lease.release();
    const record = again.awaitGuard(key, 30);
    fs.writeFileSync(go, "");
    expect(await record).to.deep.equal({
      state: "finished",
      runId: "run-1",
      exit: 5,
    });
    expect(fs.readFileSync(done, "utf8")).to.equal("done\n");
    expect(fs.readFileSync(begun, "utf8")).to.equal("begun\n");
    again.release();
  });

  it("half a script is never run, and asking for its guard is enough to know", async () => {
    const key = newKey();
    const never = file("never");
    const lease = await through();
    await lease.run({ body: "true", timeout: 30 });
    let bytes = 0;
    proxy.onRequest = (chunk) => {
      bytes += chunk.length;
      if (bytes > 500_000) proxy.mode = "blackhole";
    };
    const running = lease.run(
      guarded(key, "run-1", `touch ${never}\n: '${"x".repeat(1_000_000)}'`),
    );
    await eventually("the half is under way", () => proxy.mode === "blackhole");
    proxy.cut();
    expect(await running).to.include({ kind: "unknown" });
    proxy.onRequest = null;
    proxy.mode = "ok";
    const again = await through();
    expect(await again.awaitGuard(key, 30)).to.deep.equal({ state: "none" });
    expect(fs.existsSync(never)).to.equal(false);
    lease.release();
    again.release();
  });

  it("an act that was still on its way never begins once its guard was asked for", async () => {
    const key = newKey();
    const never = file("never");
    const lease = await through();
    await lease.run({ body: "true", timeout: 30 });
    let bytes = 0;
    proxy.onRequest = (chunk) => {
      bytes += chunk.length;
      if (bytes > 2_000) proxy.mode = "blackhole"; // the program has gone through
    };
    const running = lease.run(guarded(key, "run-1", "true"));
    await eventually("it is sent", () => proxy.mode === "blackhole");
    proxy.cut();
    expect(await running).to.include({ kind: "unknown" });
    proxy.onRequest = null;
    proxy.mode = "ok";
    const again = await through();
    await again.awaitGuard(key, 30);
    // what a frozen server would do later with what it had received
    const late = await again.run(guarded(key, "run-1", `touch ${never}`));
    expect(late).to.deep.equal({
      kind: "exit",
      code: 98,
      started: false,
      stdout: "",
      stderr: "locked-action: this run was given up before it began\n",
    });
    expect(fs.existsSync(never)).to.equal(false);
    expect(await again.run(guarded(key, "run-2", "true"))).to.include({
      kind: "exit",
      code: 0,
    });
    lease.release();
    again.release();
  });

  it("another run may be revoked by its id", async () => {
    const key = newKey();
    await at.host.awaitGuard(key, 10, { revoke: "run-7" });
    expect(await at.host.run(guarded(key, "run-7", "true"))).to.include({
      started: false,
    });
    expect(await at.host.run(guarded(key, "run-8", "true"))).to.include({
      code: 0,
    });
  });
});
