import fs from "node:fs";
import { expect } from "chai";
import { describeLock } from "../../core/lock";
import { ChefFleet } from "../support/cookbook";
import { command, failed, Rig, succeeded } from "./rig";

describe("an action under a lock that is shared with Chef", () => {
  let rig: Rig;
  let fleet: ChefFleet;
  const root = "/lock";
  const path = `${root}/web`;
  before(async () => {
    rig = await Rig.start(["web1"]);
    fleet = ChefFleet.start(rig.sandbox);
    await fleet.node("web9", {
      ...{ servers: rig.zookeeper.connect, path, data: "web9" },
      sleep_time: 0.01,
    });
  });
  after(() => rig.stop());

  const spec = (text: string, timeout = 30, drain?: string) => {
    const chef = { root, name: "web", mode: "tagged" } as const;
    const lock = rig.lock(rig.newLock(), { chef, timeout });
    return rig.spec({
      ...{ lock, process: null, act: command(text) },
      ...(drain && { drain: command(drain), undrain: command("true") }),
    });
  };

  it("says while it waits, and when it gives up, that a Chef node has the lock", async () => {
    await fleet.acquire("web9");
    const said: string[] = [];
    const report = ({ text }: { text: string }) => void said.push(text);
    const outcome = failed(await rig.run(spec("true", 1), { report }));
    const holder = /held by Chef node web9 \(\/lock\/web\) for/;
    expect(said.join("\n")).to.match(holder);
    expect(outcome.reasons[0]).to.match(holder);
    await fleet.release("web9");
  });

  it("does not begin once the Chef lock is a Chef node's: somebody deleted it while the host was drained", async () => {
    const lease = await rig.sessions.lease({
      servers: rig.spec().lock.servers,
    });
    const { marker, gate } = {
      marker: `${rig.sandbox.dir}/acted`,
      gate: `${rig.sandbox.dir}/gate`,
    };
    const of = spec(
      `touch '${marker}'`,
      30,
      `while [ ! -e '${gate}' ]; do sleep 0.02; done`,
    );
    let chefs: Promise<unknown> | undefined;
    const report = ({ step }: { step: string }) => {
      if (step !== "drain") return;
      chefs ??= lease.session
        .remove(path)
        .then(() => fleet.acquire("web9"))
        .then(() => fs.writeFileSync(gate, ""));
    };
    const outcome = failed(await rig.run(of, { report }));
    await chefs;
    expect(outcome.reasons[0]).to.match(
      /the Chef lock \/lock\/web .* deleted, or is another's/,
    );
    expect(fs.existsSync(marker)).to.equal(false);
    expect((await lease.session.getData(path)).data?.toString()).to.equal(
      "web9",
    );
    await fleet.release("web9");
    await lease.release();
  });

  it("warns when somebody deleted the Chef lock meanwhile", async () => {
    const lease = await rig.sessions.lease({
      servers: rig.spec().lock.servers,
    });
    const of = spec("true");
    let broken: Promise<unknown> | undefined;
    const report = ({ step }: { step: string }) => {
      if (step === "act") broken ??= lease.session.remove(path);
    };
    const outcome = succeeded(await rig.run(of, { report }));
    await broken;
    expect(outcome.kept).to.equal(null);
    expect(outcome.warnings.join()).to.match(
      /the Chef lock \/lock\/web was not ours any more/,
    );
    const view = await describeLock(lease.session, of.lock.root, of.lock.name);
    expect(view.holders).to.deep.equal([]);
    await lease.release();
  });
});
