import { expect } from "chai";
import { createRollingAction } from "../../../provider/rolling-action";
import { Runtime } from "../../../provider/runtime";
import { Status } from "../../../provider/status";
import { toState } from "../../../provider/state";
import { UNKNOWN } from "../../../provider/unknown";
import { done, FAILED } from "./done";
import { changed, fleetInputs, rackInputs } from "./inputs";

type Inputs = Record<string, unknown>;

/** What a preview says beside the resource. */
async function told(news: Inputs, olds: Inputs = {}): Promise<string> {
  const lines: string[] = [];
  const status = new Status(({ message }) => lines.push(message));
  const provider = createRollingAction(new Runtime(status));
  const inputs = { __urn: "urn:x", ...news };
  const { failures } = await provider.check(olds, inputs);
  expect(failures).to.deep.equal([]);
  if (Object.keys(olds).length > 0) await provider.diff("id", olds, inputs);
  expect(lines.length).to.be.at.most(1);
  return lines[0] ?? "";
}

describe("what a preview says of a roll", () => {
  it("is what will be done, on how many, how many at once, and why", async () => {
    expect(await told(fleetInputs(2))).to.equal(
      "will restart nginx on 2 of 2 hosts under lock web, 1 at once; web1, web2: new",
    );
  });

  it("says where hosts are asked first whether they need it", async () => {
    const inputs = { ...fleetInputs(1), onlyIf: { command: "true" } };
    expect(await told(inputs)).to.match(/^will restart nginx if needed on 1 /);
  });

  it("names a reboot, which proves itself to canaries", async () => {
    const inputs = {
      ...{ ...fleetInputs(1), action: { reboot: true }, canary: { count: 1 } },
      onlyIf: { command: "true" },
    };
    expect(await told(inputs)).to.match(/^will reboot if needed on 1 /);
  });

  it("names five hosts of each reason, and counts the others", async () => {
    const inputs = { ...fleetInputs(12), maxUnavailable: "25%" };
    expect(await told(inputs)).to.equal(
      "will restart nginx on 12 of 12 hosts under lock web, 3 at once; web1, web2, web3, web4, web5 and 7 more: new",
    );
  });

  it("tells groups and canaries", async () => {
    const one = rackInputs({ groups: "oneAtATime", maxUnavailable: 2 });
    expect(await told({ ...one, canary: { count: 1 } })).to.match(
      /, one group at a time, 2 of it at once, 1 first as canaries; /,
    );
    const together = rackInputs({ groups: "together", maxUnavailable: 2 });
    changed(together, ["lock.maxPerGroup", 3]);
    expect(await told(together)).to.match(/, 2 groups at once, 3 of each; /);
  });

  it("has its hosts in their order, by reason, and how the last roll ended", async () => {
    const inputs = changed(fleetInputs(4), ["hosts.web4.triggers", ["again"]]);
    const before = done(fleetInputs(4), { web1: null, web2: FAILED }, ["r"]);
    const olds = toState({ ...before, finishedAt: "2026-01-02T03:04:05.000Z" });
    expect(await told({ ...inputs, order: ["web4"] }, olds)).to.equal(
      "will restart nginx on 3 of 4 hosts under lock web, 1 at once; web4: triggers or action changed; web1: new; web2: owed since 2026-01-02T03:04:05.000Z; last roll 2026-01-02T03:04:05.000Z: 2 of 4 done, 2 to go",
    );
  });

  it("says that no host is touched, and why there is an update at all", async () => {
    const olds = toState(done(fleetInputs(2)));
    const inputs = changed(fleetInputs(2), ["lock.name", "other"]);
    expect(await told(inputs, olds)).to.equal("touches no host: lock changed");
    expect(await told(fleetInputs(2), olds)).to.equal("");
  });

  it("says that new hosts are only looked at", async () => {
    expect(await told({ ...fleetInputs(2), onCreate: "record" })).to.equal(
      "will look at the processes of 2 hosts, and touch nothing where they are new; web1, web2: new",
    );
  });

  it("says what it does not know", async () => {
    const inputs = changed(fleetInputs(2), ["hosts.web1.connection", UNKNOWN]);
    expect(await told(inputs)).to.equal(
      "will restart nginx on hosts not known yet",
    );
    const none = { ...fleetInputs(2), action: UNKNOWN };
    expect(await told(none)).to.equal("will act on hosts not known yet");
  });
});
