import { expect } from "chai";
import { randomInt, randomUUID } from "node:crypto";
import { readFleetState } from "../../../provider/rolling/state";
import { count, Rig } from "../../action/rig";
import { ProviderProcess, type Properties } from "../provider-process";
import { fails } from "../resource-rig";

const PROVIDER =
  'exports.handler = () => require("pulumi-locked-action/provider").rollingAction';

/** Names that have little in common, as addresses have. */
function namesOf(count: number): string[] {
  const names = new Set<string>();
  while (names.size < count)
    names.add(`ip-10-${randomInt(256)}-${randomInt(256)}-${randomInt(256)}`);
  return [...names];
}

describe("a failed roll of many hosts, in the SDK's own process", () => {
  let rig: Rig;
  let provider: ProviderProcess;
  before(async () => {
    rig = await Rig.start(["web1"]);
    const config = { "locked-action:zookeeperServers": rig.zookeeper.connect };
    provider = await ProviderProcess.start(rig.sandbox, config);
  });
  after(async () => {
    await provider.stop();
    await rig.stop();
  });
  beforeEach(() => rig.remove("web1", "acts"));

  const hostOf = (name: string): Properties => ({
    connection: { ...rig.fleet.connection("web1"), dialErrorLimit: 1 },
    target: name,
  });
  const fleetOf = (hosts: Properties): Properties => ({
    hosts,
    onCreate: "record",
    action: { command: "echo act >> $LOCKED_ACTION_HOST_DIR/acts" },
    health: { command: "true", interval: 0.1 },
    lock: { name: rig.newLock(), timeout: 20, ownerGrace: 0 },
    __provider: PROVIDER,
    __urn: "urn:fleet",
  });

  /** What a roll over all of them would have left, from what one over the first has left. */
  async function restarted(fleet: Properties): Promise<Properties> {
    const [[name, host]] = Object.entries(fleet.hosts as Properties) as [
      [string, Properties],
    ];
    const one = { ...fleet, hosts: { [name]: host } };
    const state = await provider.create(one);
    const { at } = (state.results as Record<string, Properties>)[name]!;
    const results = Object.keys(fleet.hosts as Properties).map((key) => [
      key,
      {
        ...{ outcome: "acted", verified: true, at: at! },
        process: [`${randomUUID()}/${randomInt(32768)}/${randomInt(1e8)}`],
      },
    ]);
    return { ...state, results: Object.fromEntries(results) as Properties };
  }

  for (const size of [1000, 5000])
    it(`keeps what each of ${size} hosts owes, and the next one goes on from there`, async () => {
      const names = namesOf(size);
      const [broken, behind] = names.slice(size / 2) as [string, string];
      const fleet = fleetOf(
        Object.fromEntries(names.map((name) => [name, hostOf(name)])),
      );
      const before = await restarted(fleet);
      expect(await provider.diff(before, fleet)).to.equal(false);

      const more = { triggers: [2] };
      // who comes first is the canary
      const news = (command: string): Properties => ({
        ...{ ...fleet, canary: { count: 1 }, order: [broken] },
        hosts: {
          ...(fleet.hosts as Properties),
          [broken]: { ...hostOf(broken), ...more, action: { command } },
          [behind]: { ...hostOf(behind), ...more },
        },
      });
      const failure = await fails(provider.update(before, news("exit 3")));
      expect(failure.reasons[0]).to.equal(
        `roll: ${size - 2} of ${size} done, 1 failed, 1 to go: stopped: 1 failed of 1 allowed`,
      );
      const state = readFleetState(failure.properties)!;
      expect(Object.keys(state.results)).to.have.members(names);
      expect(state.results[broken]!.failure).to.deep.include({ step: "act" });
      expect(state.results[broken]!.kept).to.include({ why: "failed" });
      expect(state.warnings).to.equal(undefined);

      const mended = news("echo mended >> $LOCKED_ACTION_HOST_DIR/acts");
      const done = await provider.update(failure.properties, mended);
      expect(done.summary).to.equal(`${size} of ${size} done`);
      expect(done).not.to.have.any.keys("packed", "failure");
      expect(Object.keys(done.results as Properties)).to.have.members(names);
      expect(count(rig.read("web1", "acts"), "mended")).to.equal(1);
      expect(count(rig.read("web1", "acts"))).to.equal(1);
    });

  it("keeps that all of 1000 hosts owe", async () => {
    const names = namesOf(1000);
    const unreachable = Object.fromEntries(
      names.map((name) => [
        name,
        {
          connection: {
            ...{ host: "127.0.0.1", port: 1, dialErrorLimit: 1 },
            knownHosts: `${name} ssh-ed25519 AAAA`,
          },
          target: name,
        },
      ]),
    );
    const fleet = { ...fleetOf(unreachable), onCreate: "act" };
    const limits = { maxUnavailable: 1000, maxFailures: 1000 };
    const failure = await fails(provider.create({ ...fleet, ...limits }));
    expect(failure.reasons[0]).to.equal(
      "roll: 0 of 1000 done, 1000 failed: stopped: 1000 failed of 1000 allowed",
    );
    const { results, warnings } = readFleetState(failure.properties)!;
    expect(Object.keys(results).sort()).to.deep.equal([...names].sort());
    for (const { failure } of Object.values(results))
      expect(failure).to.include({ step: "dial", phase: "owed" });
    expect(warnings).to.equal(undefined);
  });
});
