import { expect } from "chai";
import { PROVIDER } from "./provider-process";
import { fails, lockOf, ResourceRig, type State } from "./resource-rig";

describe("the life of a resource, in the SDK's own process", () => {
  let r: ResourceRig;
  let rig: ResourceRig["rig"];
  let provider: ResourceRig["provider"];
  before(async () => {
    r = await ResourceRig.start();
    ({ rig, provider } = r);
  });
  after(() => r.stop());
  beforeEach(() => r.forget());

  it("creates, has nothing to do, and acts again for another trigger", async () => {
    const news = r.inputs();
    const checked = await provider.check({ ...news, __pid: process.pid });
    expect(checked.failures).to.deep.equal([]);
    expect(checked.inputs).to.deep.equal({ ...news, __provider: PROVIDER });
    const state = await provider.create(news);
    expect(state).to.deep.include({
      outcome: "acted",
      verified: true,
      exitCode: 0,
    });
    expect(await provider.diff(state, news)).to.equal(false);
    const changed = { ...news, triggers: ["v2"] };
    expect(await provider.diff(state, changed)).to.equal(true);
    const next = await provider.update(state, changed);
    expect(next.processBefore).to.deep.equal(state.processAfter);
    expect(r.acts()).to.equal(2);
    const printed = { stdout: undefined, stderr: undefined };
    const size = JSON.stringify({ ...next, ...printed }).length;
    expect(size).to.be.below(1000);
    await provider.delete(next);
  });

  it("owes after a failure, shows it, and repairs under its own lock", async () => {
    const news = r.inputs();
    rig.write("web1", "broken");
    const failure = await fails(provider.create(news));
    expect(failure.reasons[0]).to.match(
      /^web1: verify: expected a new process|^web1: verify: expected a running process/,
    );
    const state = failure.properties as State;
    expect(state.__provider).to.equal(PROVIDER);
    expect(state.failure).to.deep.include({
      step: "verify",
      phase: "acted",
      count: 1,
      drained: false,
    });
    expect(state.kept).to.deep.include({ why: "failed" });
    expect(JSON.stringify(state).length).to.be.below(1700);
    expect(await provider.diff(state, news)).to.equal(true);

    const again = await fails(provider.update(state, news));
    const second = again.properties as State;
    expect(second.failure).to.deep.include({
      count: 2,
      since: state.failure?.since,
    });

    rig.remove("web1", "broken");
    const repaired = await provider.update(second, news);
    expect(repaired.outcome).to.equal("acted");
    expect(repaired).not.to.have.any.keys("failure", "kept", "keptAuth");
    expect(await provider.diff(repaired, news)).to.equal(false);
    expect(await r.holders(news)).to.deep.equal([]);
  });

  it("keeps a lock at its old path while it is owed, and takes the new one from then on", async () => {
    const old = r.inputs();
    const state = await r.broken(old);
    const name = rig.newLock();
    const news = { ...old, triggers: ["v2"], lock: { name, data: "rack7" } };
    const repaired = (await provider.update(state, news)) as State;
    expect(repaired.lock).to.deep.include({ name, data: "rack7" });
    expect(await r.holders(old)).to.deep.equal([]);
    expect(await provider.diff(repaired, news)).to.equal(false);
  });

  it("touches no host for another lock, health check or process when nothing is owed", async () => {
    const old = r.inputs();
    const state = await provider.create(old);
    const before = r.acts();
    const connection = { host: "127.0.0.1", port: 1 };
    const news = {
      ...old,
      connection,
      lock: { name: "another" },
      health: { command: "false" },
    };
    expect(await provider.diff(state, news)).to.equal(true);
    const next = (await provider.update(state, news)) as State;
    expect(next.lock.name).to.equal("another");
    expect(next.processAfter).to.deep.equal(state.processAfter);
    expect(r.acts()).to.equal(before);
    expect(await provider.diff(next, news)).to.equal(false);
  });

  it("releases the lock of the old machine when the target changes", async () => {
    const old = r.inputs();
    const state = await r.broken(old);
    const news = {
      ...old,
      connection: { ...rig.fleet.connection("web2") },
      ...{ target: "web2", __urn: "urn:web2" },
      process: { commandString: rig.daemon("web2"), fullCmd: true },
    };
    const next = await provider.update(state, news);
    expect(next).to.deep.include({ target: "web2", outcome: "acted" });
    expect(await r.holders(old)).to.deep.equal([]);
  });

  it("gives a kept lock back when it is deleted, and is content if that is gone", async () => {
    const news = r.inputs();
    const state = await r.broken(news);
    expect(await r.holders(news)).to.have.length(1);
    await provider.delete(state);
    expect(await r.holders(news)).to.deep.equal([]);
    await provider.delete(state);
  });

  it("fails to delete when a kept lock can't be released, and says how to go on", async () => {
    const state = await r.broken(r.inputs());
    await rig.zookeeper.kill();
    try {
      const error = await provider.delete(state).then(
        () => "deleted",
        (reason: Error) => reason.message,
      );
      expect(error).to.match(
        /^web1: the lock \/locked-action\/.* could not be released: .*locked-action clear /,
      );
    } finally {
      await rig.zookeeper.restart();
    }
  }).timeout(90_000);

  it("does not act to adopt a running machine", async () => {
    const news = r.inputs({ onCreate: "record" });
    const state = await provider.create(news);
    expect(state.outcome).to.equal("recorded");
    expect(state.processAfter).to.be.an("array");
    expect(r.acts()).to.equal(0);
    expect(await provider.diff(state, news)).to.equal(false);
    const next = await provider.update(state, { ...news, triggers: ["v2"] });
    expect(next.outcome).to.equal("acted");
  });

  it("still only records after it could not reach the host", async () => {
    const news = r.inputs({ onCreate: "record" });
    const away = {
      ...news,
      connection: { host: "127.0.0.1", port: 1, dialErrorLimit: 1 },
    };
    const { properties } = await fails(provider.create(away));
    expect((properties as State).failure).to.deep.include({
      step: "dial",
      phase: "record",
    });
    const state = await provider.update(properties, news);
    expect(state.outcome).to.equal("recorded");
    expect(r.acts()).to.equal(0);
  });

  it("skips the lock loudly, and leaves one alone that was kept earlier", async () => {
    const news = r.inputs();
    const state = await r.broken(news);
    const skipping = { ...news, lock: { ...lockOf(news), skip: true } };
    const next = (await provider.update(state, skipping)) as State;
    expect(next.outcome).to.equal("skippedLock");
    expect(next.kept).to.deep.include(state.kept);
    expect(next).not.to.have.property("failure");
    expect(next.warnings).to.have.length(1);
    expect(await r.holders(news)).to.have.length(1);
    expect(
      provider.log.some(
        ({ message, ephemeral }) => !ephemeral && /skipped/.test(message),
      ),
    ).to.equal(true);
    // not forgotten when the resource's own lock becomes another one
    const other = { ...skipping, lock: { name: "other", skip: true } };
    const noted = (await provider.update(next, other)) as State;
    expect(noted.lock.name).to.equal("other");
    await provider.delete(noted);
    expect(await r.holders(news)).to.deep.equal([]);
  });
});
