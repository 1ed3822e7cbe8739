import { expect } from "chai";
import { eventually } from "../support/eventually";
import { command, count, RESTART, Rig, succeeded } from "../action/rig";

const IDLE = ["ChannelTimeout session:*=2s", "UnusedConnectionTimeout 1s"];

/** Servers that end what is idle: OpenSSH since 9.2 can be told to. */
describe("a host whose server ends idle connections", () => {
  let rig: Rig;
  before(async () => {
    rig = await Rig.start(["web1"], {}, { config: IDLE });
  });
  after(() => rig.stop());
  beforeEach(() => rig.remove("web1", "acts"));
  const acts = () => count(rig.read("web1", "acts"));

  it("a wait for the lock, a gate and a soak outlive their connection, and the act runs once", async () => {
    const first = rig.spec({ act: command("sleep 5"), process: null });
    const blocking = rig.run(first);
    await eventually("the lock is taken", async () => {
      const view = await rig.view(first);
      return view?.holders.length === 1;
    });
    const second = rig.spec({
      lock: first.lock,
      gate: {
        command: `echo asked >>$LOCKED_ACTION_HOST_DIR/gate; [ $(wc -l <$LOCKED_ACTION_HOST_DIR/gate) -ge 3 ] || exit 75`,
        ...{ interval: 3, timeout: 60 },
      },
      health: {
        command: "true",
        ...{ interval: 3, timeout: 60, minHealthy: 5 },
      },
    });
    const outcome = succeeded(await rig.run(second));
    await blocking;
    expect(outcome.verifiedBy).to.deep.equal(["exitCode", "process", "health"]);
    expect([acts(), count(rig.read("web1", "gate"), "asked")]).to.deep.equal([
      ...[1, 3],
    ]);
  });

  it("an act that says nothing for longer than its channel may be idle is looked up, with its own exit", async () => {
    const quiet = rig.spec({
      act: command(`sleep 6\n${RESTART}`),
    });
    const outcome = succeeded(await rig.run(quiet));
    expect(outcome.exitCode).to.equal(0);
    expect(acts()).to.equal(1);
    const failing = rig.spec({
      act: command("sleep 5; exit 7"),
      process: null,
    });
    const ended = await rig.run(failing);
    expect(ended.exitCode).to.equal(7);
    expect(ended.kept).not.to.equal(null);
  });
});
