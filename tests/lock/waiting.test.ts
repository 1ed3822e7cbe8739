import { expect } from "chai";
import {
  LockCancelled,
  LockOnHold,
  LockRefused,
  LockTimeout,
  LockUnavailable,
  hold,
} from "../../core/lock";
import { eventually } from "../support/eventually";
import { sideBySide } from "../support/side-by-side";
import { newLock, useLab } from "./lab";
import { once, type Request } from "./scripted-session";

describe("a wait", () => {
  const lab = useLab(after);
  const it = sideBySide();

  it("ends after lock.timeout with who holds, its state, our place and the time", async () => {
    const lock = newLock();
    await lab.get(lock.by("a"));
    const other = await lab.contend(lock.by("b"));
    await other.waits();
    const contender = await lab.contend(lock.by("c", { timeout: 0.3 }));
    const error = await contender.fails();
    expect(error).to.be.instanceOf(LockTimeout);
    expect(error.message).to.match(
      new RegExp(
        `^lock ${lock.name}: not got in \\d+ s: held by a \\(app\\), live for \\d+ s, restart app by user@ci \\(place 2 of 2 in the queue\\)$`,
      ),
    );
    expect(error.story).to.include(
      `wait for its end: locked-action wait '${lock.name}' --servers ${lab.server.connect} --root /tests`,
    );
    // a run that is at work is never offered for it
    expect(error.story?.join()).not.to.contain(" clear ");
    expect(error.story?.join("\n")).to.match(
      /^no holder changed in lock\.timeout \(0\.3 s\); lock\.maxWait \(.+\) bounds it all$/m,
    );
    expect(await lab.waiters(lock)).to.have.length(1);
  });

  it("of no time takes a free lock, and is refused another after one look", async () => {
    const lock = newLock();
    const at = { timeout: 0, maxWait: 0 };
    const held = await lab.get(lock.by("a", at));
    const error = await (await lab.contend(lock.by("b", at))).fails();
    expect(error).to.be.instanceOf(LockTimeout);
    expect(error.message).to.match(/held by a \(app\), live for \d+ s/);
    await held.release();
    await lab.isEmpty(lock);
  });

  it("names the hold that stands when it ends", async () => {
    const lock = newLock();
    await (await lab.get(lock.by("z"))).release();
    const operator = await lab.session();
    await hold(operator, lock.path, { by: "op@x", why: "incident 7" });
    const contender = await lab.contend(lock.by("a", { timeout: 0.3 }));
    const error = await contender.fails();
    expect(error).to.be.instanceOf(LockOnHold);
    expect(error.message).to.match(
      new RegExp(
        `^lock ${lock.name}: on hold by op@x since [^:]+:\\d+:[^:]+: incident 7 \\(waited \\d+ s, place 1 of 1 in the queue\\)$`,
      ),
    );
    await lab.isEmpty(lock);
  });

  it("goes on as long as holders change, for who is first and for who is not", async () => {
    const lock = newLock();
    const session = await lab.session();
    const keeper = await lab.session();
    let held = await lab.get(lock.by("h0"), keeper);
    const began = performance.now();
    const waiting = ["b", "c"].map(
      async (target) =>
        new Promise<void>((resolve, reject) => {
          void lab
            .contend(
              lock.by(target, { timeout: 5, retryInterval: 0.1 }),
              session,
            )
            .then((contender) => contender.gets())
            .then((held) => held.release())
            .then(() => resolve(), reject);
        }),
    );
    await eventually("both wait", async () => {
      return (await lab.waiters(lock)).length === 2;
    });
    // the owner of what is held comes back again and again: another holder each time
    while (performance.now() - began < 7500) {
      await held.abandon();
      held = await lab.get(lock.by("h0"), keeper);
    }
    await held.release();
    await Promise.all(waiting);
    await lab.isEmpty(lock);
  });

  it("is bounded by lock.maxWait whatever changes", async () => {
    const lock = newLock();
    const keeper = await lab.session();
    let held = await lab.get(lock.by("h0"), keeper);
    const contender = await lab.contend(
      lock.by("b", { timeout: 50, maxWait: 0.5, retryInterval: 0.1 }),
    );
    let over = false;
    void contender.ended.then(() => (over = true));
    while (!over) {
      await held.abandon();
      held = await lab.get(lock.by("h0"), keeper);
    }
    const error = await contender.fails();
    expect(error).to.be.instanceOf(LockTimeout);
    expect(error.story).to.include(
      "lock.maxWait (0.5 s) was over, whatever changed in it",
    );
  });

  it("does not take a look that failed for progress", async () => {
    const lock = newLock();
    await lab.get(lock.by("a"));
    await lab.contend(lock.by("b"));
    const session = await lab.session();
    const contender = await lab.contend(
      lock.by("c", { timeout: 1.5 }),
      session,
    );
    await contender.tells();
    const isLook = ({ kind, path }: Request) =>
      kind === "list" && path === lock.paths.holders;
    session.script = once(isLook, { lose: "request" });
    session.take();
    await contender.fails();
    // the one that failed, and the one for the message; one more if a timer was early
    expect(session.take().filter(isLook).length).to.be.within(2, 3);
  });

  it("looks again at each retryInterval, though nothing was told", async () => {
    const lock = newLock();
    await lab.get(lock.by("a"));
    const session = await lab.session();
    const contender = await lab.contend(
      lock.by("b", { retryInterval: 0.05 }),
      session,
    );
    await contender.waits();
    session.take();
    await eventually("three looks", () => {
      const lists = session.requests.filter(
        ({ path }) => path === lock.paths.waiters,
      );
      return lists.length >= 3;
    });
  });

  it("notices a session that is lost while it tells of itself", async () => {
    const lock = newLock();
    const holder = await lab.get(lock.by("a"));
    const session = await lab.session();
    session.script = once(
      ({ kind, path }) => kind === "list" && path === lock.paths.holders,
      { after: () => session.loseSession() },
    );
    const contender = await lab.contend(lock.by("b"), session);
    await eventually("it is back in the queue", () => session.epoch === 2);
    await contender.waits();
    await holder.release();
    await (await contender.gets()).release();
  });

  it("that is cancelled says why and leaves nothing", async () => {
    const lock = newLock();
    await lab.get(lock.by("a"));
    const contender = await lab.contend(lock.by("b"));
    await contender.waits();
    contender.cancel("pulumi was cancelled");
    const error = await contender.fails();
    expect(error).to.be.instanceOf(LockCancelled);
    expect(error.message).to.equal(
      `lock ${lock.name}: stopped waiting: pulumi was cancelled`,
    );
    expect(await lab.waiters(lock)).to.deep.equal([]);
  });

  it("ends at once when its session is closed, even while it renews itself", async () => {
    const lock = newLock();
    await lab.get(lock.by("a"));
    const session = await lab.session();
    const contender = await lab.contend(lock.by("b"), session);
    await contender.waits();
    session.loseSession();
    await session.close();
    const error = await contender.fails();
    expect(error).to.be.instanceOf(LockRefused);
  });

  it("without ZooKeeper ends at its deadline and says so", async () => {
    const lock = newLock();
    await lab.get(lock.by("a"));
    const proxy = await lab.proxy();
    const session = await lab.session({ servers: lab.servers(proxy.connect) });
    const contender = await lab.contend(lock.by("b", { timeout: 2 }), session);
    await contender.waits();
    proxy.mode = "refuse";
    proxy.cut();
    await contender.expires();
    proxy.mode = "ok"; // or it would try for a while to tidy up
    const error = await contender.fails();
    expect(error).to.be.instanceOf(LockUnavailable);
    expect(error.message).to.equal(
      `lock ${lock.name}: ZooKeeper at ${proxy.connect} is not reachable: no connection to ${proxy.connect}`,
    );
  });
});
