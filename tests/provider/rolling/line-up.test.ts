import { expect } from "chai";
import type { Survey } from "../../../core/action";
import { ownerKey } from "../../../core/lock/tree/paths";
import type { HistoryRecord, HolderView } from "../../../core/lock/types";
import { anyPlan } from "../../../provider/rolling/earlier";
import { fleetOf } from "../../../provider/rolling/fleet";
import { hostsOf } from "../../../provider/rolling/known";
import { lineUp } from "../../../provider/rolling/line-up";
import { countOf } from "../../../provider/rolling/outcome";
import type { FleetState } from "../../../provider/rolling/state";
import { Runtime, type Heavy } from "../../../provider/runtime";
import { Status } from "../../../provider/status";
import { done, FAILED } from "./done";
import { typed } from "./inputs";

const URN = "urn:fleet";
const RAN = "4a2b0000-0000-0000-0000-000000000000/10/100";

interface World {
  records?: Partial<HistoryRecord>[];
  holders?: { target: string; subject: string; group?: string; urn?: string }[];
  surveys?: Record<string, Survey>;
  /** So often the holders look alive when ZooKeeper is asked. */
  dying?: number;
}

/** ZooKeeper and hosts as a test says they are. */
function runtimeOf({
  records = [],
  holders = [],
  surveys = {},
  dying = 0,
}: World) {
  const path = "/locked-action/web";
  let asked = 0;
  const heavy = {
    hosts: {},
    systemClock: { wait: async () => {} },
    sessions: {
      lease: () => Promise.resolve({ session: {}, release: async () => {} }),
    },
    ownerKey,
    lockPath: (root: string, name: string) => `${root}/${name}`,
    readUnfinishedRoll: () => Promise.resolve(records),
    endRoll: async () => {},
    readHoldersOf: (_: unknown, at: string) =>
      Promise.resolve(
        (at === path ? holders : []).map(({ group, ...record }) => ({
          id: `${ownerKey(path, record)}-1`,
          ...{ group: group ?? record.target, record },
          state: asked++ < dying ? "live" : "stale",
        })) as unknown as HolderView[],
      ),
    survey: (spec: { owner: { target: string } }) =>
      Promise.resolve(
        surveys[spec.owner.target] ?? { kind: "seen", identities: [RAN] },
      ),
  };
  return new Runtime(new Status(() => {}), () => heavy as unknown as Heavy);
}

const inputsOf = (over: Record<string, unknown> = {}) => ({
  hosts: Object.fromEntries(
    ["web1", "web2", "web3", "web4"].map((name) => [
      name,
      { connection: { host: name } },
    ]),
  ),
  action: { command: "true" },
  process: { commandString: "^web$" },
  lock: { name: "web", servers: "zk:2181" },
  triggers: [1],
  __urn: URN,
  ...over,
});

async function lined(
  inputs: Record<string, unknown>,
  before: FleetState | null,
  world: World = {},
) {
  const fleet = fleetOf(typed(inputs), {});
  const { hosts } = hostsOf(fleet, before);
  const options = { before, endFirst: false };
  const line = await lineUp(runtimeOf(world), fleet, hosts, options);
  const stages = line.members.map(
    ({ key, stage, canary }) => `${key} ${stage}${canary ? " canary" : ""}`,
  );
  return { line, stages, fleet, hosts };
}

const NONE: Survey = { kind: "seen", identities: [], left: [] };
const keyOf = (inputs: Record<string, unknown>) =>
  anyPlan(fleetOf(typed(inputs), {})).runKey;

describe("the order of a roll", () => {
  const next = inputsOf({ triggers: [2] });
  const before = done(inputsOf(), {
    ...Object.fromEntries(
      ["web1", "web2", "web3", "web4"].map((name) => [
        name,
        { processAfter: [RAN] },
      ]),
    ),
  });

  it("has a host that holds the lock before all that are broken", async () => {
    const { stages } = await lined(next, before, {
      surveys: { web1: NONE },
      holders: [{ target: "web2", subject: "^web$" }],
    });
    expect(stages).to.deep.equal([
      ...["web1 repair", "web2 holder", "web3 rest", "web4 rest"],
    ]);
  });

  describe("of reboots", () => {
    const [old, now] = ["11111111", "22222222"].map(
      (boot) => `${boot}-2f3c-4a5b-8c7d-0123456789ab/1/0`,
    ) as [string, string];
    const reboots = inputsOf({ action: { reboot: true } });
    const all = ["web1", "web2", "web3", "web4"];

    it("has nobody for broken: a boot that is over is no fault", async () => {
      const again = { ...reboots, triggers: [2] };
      const known = done(reboots, {
        ...Object.fromEntries(all.map((key) => [key, { processAfter: [old] }])),
      });
      const seen: Survey = { kind: "seen", identities: [now] };
      const surveys = Object.fromEntries(all.map((key) => [key, seen]));
      const { stages } = await lined(again, known, { surveys });
      expect(stages).to.deep.equal(all.map((key) => `${key} rest`));
    });

    it("reboots no host again that an earlier run of this roll has rebooted, and that is in that boot", async () => {
      const record = { kind: "acted" as const, runKey: keyOf(reboots) };
      const { stages, line } = await lined(reboots, null, {
        records: [
          { ...record, target: "web1", after: [now] },
          { ...record, target: "web2", after: [now] },
          { ...record, kind: "notNeeded", target: "web3", after: [old] },
        ],
        surveys: {
          web1: { kind: "seen", identities: [now] },
          web2: { kind: "unseen", reason: "it is still away" },
          web3: { kind: "seen", identities: [old] },
        },
      });
      expect(stages).to.deep.equal(["web4 rest"]);
      expect(line.resumed.map(({ host }) => host.key)).to.deep.equal([
        ...["web1", "web3"],
      ]);
      expect(line.unsure.map(({ host }) => host.key)).to.deep.equal(["web2"]);
    });
  });

  it("takes over what a killed run left on a host that is done by the state", async () => {
    const holders = [
      { target: "web3", subject: "another pattern", urn: URN, group: "rack7" },
    ];
    const { stages, line } = await lined(inputsOf(), before, { holders });
    expect(stages).to.deep.equal(["web3 holder"]);
    const { state } = line.due.get("web3")!;
    expect(state!.kept).to.deep.include({ subject: "another pattern" });
    expect(state!.kept!.lock).to.deep.include({ data: "rack7" });
  });

  it("takes over what a killed run left under the lock's old name on a host that no state knows", async () => {
    const renamed = {
      ...inputsOf(),
      lock: { name: "new", servers: "zk:2181" },
    };
    const old = done(inputsOf(), { web4: null });
    const holders = [{ target: "web4", subject: "^web$", urn: URN }];
    const { stages, line } = await lined(renamed, old, { holders });
    expect(stages).to.deep.equal(["web4 holder"]);
    const { state } = line.due.get("web4")!;
    expect(state!.kept).to.deep.include({ path: "/locked-action/web" });
    expect(state!.runKey).not.to.equal(keyOf(inputsOf()));
  });

  it("has no host for one that holds the lock if ZooKeeper knows nothing of it", async () => {
    const kept = { subject: "^web$", why: "failed" as const };
    const key = ownerKey("/locked-action/web", {
      ...{ target: "web2", subject: "^web$" },
    });
    const failing = done(inputsOf(), {
      web1: { ...FAILED, kept: { ...kept, holder: "cleared-1" } },
      web2: { ...FAILED, kept: { ...kept, holder: `${key}-1` } },
    });
    const holders = [{ target: "web2", subject: "^web$" }];
    const { stages, line } = await lined(inputsOf(), failing, { holders });
    expect(stages).to.deep.equal(["web1 repair", "web2 holder"]);
    expect(line.due.get("web1")!.state!.kept).to.equal(undefined);
    expect(line.due.get("web2")!.state!.kept!.holder).to.equal(`${key}-1`);
  });

  it("goes on with the lock of a killed run that it did not get to", async () => {
    const key = ownerKey("/locked-action/web", {
      ...{ target: "web2", subject: "^web$" },
    });
    const holder = `${key}-1`;
    const left = done(inputsOf(), {
      web2: { kept: { holder, subject: "^web$", why: "stale" } },
    });
    const holders = [{ target: "web2", subject: "^web$" }];
    expect((await lined(inputsOf(), left, { holders })).stages).to.deep.equal([
      "web2 holder",
    ]);
  });

  it("waits until a killed run's session has ended", async () => {
    const holders = [{ target: "web3", subject: "^web$", urn: URN }];
    const { stages } = await lined(inputsOf(), before, { holders, dying: 2 });
    expect(stages).to.deep.equal(["web3 holder"]);
  });

  it("begins nothing while an earlier run of the same resource is still at work under the old lock", async () => {
    const renamed = inputsOf({
      ...{ triggers: [2], lock: { name: "new", servers: "zk:2181" } },
    });
    const holders = [{ target: "web3", subject: "^web$", urn: URN }];
    const error = await lined(renamed, before, { holders, dying: 999 }).then(
      () => null,
      (reason: unknown) => reason as Error,
    );
    expect(error?.message).to.equal(
      "an earlier run of the same resource is still at work under the lock /locked-action/web, on web3",
    );
  });

  it("gives back what a killed run left on a host that is of the fleet no more", async () => {
    const holders = [{ target: "old", subject: "^web$", urn: URN }];
    const { line, stages } = await lined(inputsOf(), before, { holders });
    expect(stages).to.deep.equal([]);
    expect(line.strays.map(({ owner }) => owner.target)).to.deep.equal(["old"]);
  });

  it("leaves alone what another resource's run left", async () => {
    const holders = [{ target: "web1", subject: "other", urn: "urn:other" }];
    expect((await lined(inputsOf(), before, { holders })).stages).to.deep.equal(
      [],
    );
  });

  it("takes over another resource's lock of the same service only where it is to act anyway", async () => {
    const holders = [{ target: "web1", subject: "^web$", urn: "urn:other" }];
    expect((await lined(inputsOf(), before, { holders })).stages).to.deep.equal(
      [],
    );
    const { stages } = await lined(next, before, { holders });
    expect(stages[0]).to.equal("web1 holder");
  });

  it("goes by the last record of a host, whatever it was for", async () => {
    const kind = "acted" as const;
    const one = { target: "web1", after: [RAN], kind };
    const records = [
      { ...one, runKey: keyOf(inputsOf()) },
      { ...one, runKey: keyOf(next) },
    ];
    expect((await lined(inputsOf(), before, { records })).stages).to.deep.equal(
      ["web1 rest"],
    );
    const { line } = await lined(next, before, { records });
    expect(line.resumed.map(({ host }) => host.key)).to.deep.equal(["web1"]);
  });

  it("does not look again at what the state says is done, though its roll has not ended", async () => {
    const kind = "acted" as const;
    const one = { target: "web1", after: ["x/1/1"], kind };
    const records = [{ ...one, runKey: keyOf(inputsOf()) }];
    const { line, stages } = await lined(inputsOf(), before, { records });
    expect([stages, line.resumed]).to.deep.equal([[], []]);
  });

  it("takes no host for broken because nothing is known of its processes", async () => {
    const unrecorded = done(inputsOf());
    const { stages } = await lined(next, unrecorded, {
      surveys: { web1: NONE },
    });
    expect(stages).to.include("web1 rest");
  });

  describe("where the pattern finds nothing", () => {
    const asks = async (...of: Parameters<typeof lined>) => {
      const error = await lined(...of).then(
        () => null,
        (reason: unknown) => reason as Error,
      );
      return error?.message;
    };

    it("asks about it if the recorded processes still run, and begins nothing", async () => {
      const left: Survey = { kind: "seen", identities: [], left: [RAN] };
      expect(await asks(next, before, { surveys: { web2: left } })).to.equal(
        "the pattern ^web$ matches no process, but those of the last run are still there: web2 (pid 10)",
      );
    });

    it("asks about it if that is so on all hosts of a first roll", async () => {
      const surveys = Object.fromEntries(
        ["web1", "web2", "web3", "web4"].map((name) => [name, NONE]),
      );
      expect(await asks(inputsOf(), null, { surveys })).to.match(
        /^the pattern \^web\$ matches no process on any of 4 hosts/,
      );
      const { web4, ...three } = surveys;
      expect(web4).to.equal(NONE);
      expect(await asks(inputsOf(), null, { surveys: three })).to.equal(
        undefined,
      );
    });
  });

  describe("with canaries", () => {
    const canary = { canary: { count: 1 } };

    it("has the broken as its canaries", async () => {
      const { stages } = await lined({ ...next, ...canary }, before, {
        surveys: { web2: NONE, web3: NONE },
      });
      expect(stages).to.deep.equal([
        ...["web1 rest", "web2 repair canary", "web3 repair", "web4 rest"],
      ]);
    });

    const passed = (over: object) => ({
      ...{ target: "web1", kind: "acted", after: [RAN], canary: true },
      runKey: keyOf(next),
      ...over,
    });

    it("counts one of an earlier run that passed", async () => {
      const records = [passed({ verified: true })] as HistoryRecord[];
      const { stages } = await lined({ ...next, ...canary }, before, {
        records,
      });
      expect(stages).to.deep.equal(["web2 rest", "web3 rest", "web4 rest"]);
    });

    it("counts none that was not verified", async () => {
      const records = [passed({ verified: false })] as HistoryRecord[];
      const { stages } = await lined({ ...next, ...canary }, before, {
        records,
      });
      expect(stages[0]).to.equal("web2 rest canary");
    });

    it("has new ones in each roll that always acts", async () => {
      const always = inputsOf({ ...canary, always: true });
      const known = done(always, { web1: { processAfter: [RAN] } });
      known.results.web1!.canary = true;
      const { stages } = await lined(always, known);
      expect(stages[0]).to.equal("web1 rest canary");
    });

    it("has none among those that are only recorded", async () => {
      const recorded = inputsOf({ ...canary, onCreate: "record" });
      expect((await lined(recorded, null)).stages).to.deep.equal([
        ...["web1 rest", "web2 rest", "web3 rest", "web4 rest"],
      ]);
    });
  });
});

describe("the count of a roll that always acts", () => {
  it("has no host for done that it did not get to", () => {
    const always = inputsOf({ always: true });
    const fleet = fleetOf(typed(always), {});
    const { hosts } = hostsOf(fleet, done(always));
    const ends = hosts.map(({ key, state }, i) => ({
      ...{ key, state, canary: false, reasons: null, left: i > 0 },
    }));
    expect(countOf(fleet, ends)).to.deep.equal({
      ...{ total: 4, done: 1, failed: 0, left: 3, notNeeded: 0 },
    });
  });
});
