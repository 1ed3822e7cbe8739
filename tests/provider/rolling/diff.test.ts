import { expect } from "chai";
import { fleetDifference } from "../../../provider/rolling/diff";
import { hostsOf } from "../../../provider/rolling/known";
import { fleetOf } from "../../../provider/rolling/fleet";
import type { FleetState } from "../../../provider/rolling/state";
import { UNKNOWN } from "../../../provider/unknown";
import { done, FAILED } from "./done";
import { changed, rackInputs, typed } from "./inputs";

type Inputs = Record<string, unknown>;
type Hosts = Record<string, Inputs>;

const command = { command: "true" };
/** Four hosts in two racks, with all parts, each under a target of its own. */
const full = (...changes: [string, unknown][]): Inputs => {
  const inputs = rackInputs({
    ...{ groups: "oneAtATime", triggers: ["v1"], process: { unit: "nginx" } },
    ...{ gate: command, health: command, drain: command, undrain: command },
    canary: { count: 1 },
  });
  for (const [key, host] of Object.entries(inputs.hosts as Hosts))
    host.target = key;
  return changed(inputs, ...changes);
};

const differ = (state: FleetState | null, inputs: Inputs) =>
  fleetDifference(state, typed(inputs), {});

describe("what makes hosts of a fleet run", () => {
  const state = done(full());

  /** Who is taken in hand and why, and what else is told. */
  const found = (inputs: Inputs, before: FleetState | null = state) => {
    const { due, note } = differ(before, inputs);
    return { due: due && Object.fromEntries(due), note };
  };
  const nothing = { due: {}, note: [] };
  const all = (...why: string[]) => ({
    ...{ web1: why, web2: why, web3: why, web4: why },
  });

  it("nothing changed: nobody", () => {
    expect(found(full())).to.deep.equal(nothing);
  });

  it("a new fleet: everybody", () => {
    expect(found(full(), null)).to.deep.equal({ due: all("new"), note: [] });
  });

  const everybody: [string, unknown, string][] = [
    ["triggers", ["v2"], "triggers or action changed"],
    ["triggers", undefined, "triggers or action changed"],
    ["action", { command: "true" }, "triggers or action changed"],
    ["action.perform", "reload", "triggers or action changed"],
    ["action.sudo", true, "triggers or action changed"],
    ["always", true, "always"],
  ];
  for (const [path, value, why] of everybody)
    it(`${path} = ${JSON.stringify(value)}: everybody, because ${why}`, () => {
      const { due } = found(full([path, value]));
      expect(due).to.deep.equal(all(why));
    });

  it("own triggers, or an action of its own: that host alone", () => {
    for (const change of [
      ["hosts.web2.triggers", ["once more"]],
      ["hosts.web2.action", { service: "nginx", perform: "reload" }],
    ] as [string, unknown][])
      expect(found(full(change))).to.deep.equal({
        ...{ due: { web2: ["triggers or action changed"] }, note: [] },
      });
  });

  it("own triggers that are like the fleet's are not taken for these", () => {
    const own = full(["hosts.web2.triggers", ["v2"]]);
    const fleets = full(["triggers", ["v1", "v2"]]);
    const { due } = found(fleets, done(own));
    expect(due).to.have.all.keys("web1", "web2", "web3", "web4");
  });

  describe("hosts that come and go", () => {
    it("added: the new one alone, wherever it stands", () => {
      const inputs = full();
      const one = { connection: { host: "web9" }, group: "a" };
      inputs.hosts = { web9: one, ...(inputs.hosts as Hosts) };
      expect(found(inputs)).to.deep.equal({ due: { web9: ["new"] }, note: [] });
    });

    it("removed: nobody", () => {
      expect(found(full(["hosts.web3", undefined]))).to.deep.equal({
        ...{ due: {}, note: ["web3 is gone"] },
      });
    });

    it("with another name: nobody", () => {
      const inputs = full();
      const { web1, ...others } = inputs.hosts as Hosts;
      inputs.hosts = { ...others, first: web1! };
      expect(found(inputs)).to.deep.equal({
        ...{ due: {}, note: ["first has another name"] },
      });
    });

    it("that exchanged their names: nobody", () => {
      const inputs = full();
      const { web1, web2, ...others } = inputs.hosts as Hosts;
      inputs.hosts = { web1: web2!, web2: web1!, ...others };
      expect(found(inputs).due).to.deep.equal({});
    });

    it("in another order: nothing", () => {
      const inputs = full();
      const hosts = Object.entries(inputs.hosts as Hosts).reverse();
      inputs.hosts = Object.fromEntries(hosts);
      expect(found(inputs)).to.deep.equal(nothing);
    });

    it("moved to another rack: an update that touches nobody, once", () => {
      const moved = full(["hosts.web1.group", "b"]);
      expect(found(moved)).to.deep.equal({
        ...{ due: {}, note: ["web1 is in another group"] },
      });
      expect(found(moved, done(moved))).to.deep.equal(nothing);
    });

    it("on another machine: the new one, and the old one is gone", () => {
      expect(found(full(["hosts.web1.target", "other"]))).to.deep.equal({
        ...{ due: { web1: ["new"] }, note: ["web1 is gone"] },
      });
    });

    it("all together: only what must run runs", () => {
      const inputs = full(["hosts.web2", undefined]);
      const { web1, web3, web4 } = inputs.hosts as Hosts;
      const web5 = { connection: { host: "web5" }, group: "b" };
      inputs.hosts = { web4: { ...web4, group: "a" }, one: web1!, web5, web3 };
      expect(found(inputs)).to.deep.equal({
        due: { web5: ["new"] },
        note: [
          ...["web2 is gone", "web4 is in another group"],
          "one has another name",
        ],
      });
    });

    it("gone with a lock that can't be given back is not forgotten, even if its name is another's now", () => {
      const kept = done(full(), { web1: FAILED });
      const inputs = full(
        ["hosts.web2", undefined],
        ["hosts.web1.target", "web2"],
      );
      const after: FleetState = {
        ...done(inputs),
        removed: { web1: kept.results.web1! },
      };
      const { hosts, gone } = hostsOf(fleetOf(typed(inputs), {}), after);
      expect(
        gone.map(({ state: { target, kept } }) => [target, kept?.holder]),
      ).to.deep.equal([["web1", "h"]]);
      expect(hosts.every(({ state }) => state?.failure === undefined)).to.equal(
        true,
      );
    });
  });

  const notes: [string, unknown, RegExp][] = [
    ["lock.name", "others", /^lock changed$/],
    ["lock.root", "/elsewhere", /^lock changed$/],
    ["lock.servers", "zk2:2181", /^lock changed$/],
    ["maxUnavailable", 2, /^lock changed$/],
    ["process", { pidFile: "/run/x" }, /^process, .* of web\d changed$/],
    ["process", undefined, /^process, .* of web\d changed$/],
    [
      "gate",
      { command: "false" },
      /^process, onlyIf, gate, .* of web\d changed$/,
    ],
    ["onlyIf", { command: "true" }, /^process, onlyIf, .* of web\d changed$/],
    ["health", { command: "true", minHealthy: 5 }, /health, .* changed$/],
    ["drain", { command: "true", sudo: true }, /drain or undrain .* changed$/],
    ["undrain", undefined, /undrain of web\d changed$/],
    ["hosts.web2.gate", { command: "false" }, /undrain of web2 changed$/],
  ];
  for (const [path, value, why] of notes)
    it(`${path} = ${JSON.stringify(value)}: an update that touches nobody, once`, () => {
      const inputs = full([path, value]);
      const { due, note } = found(inputs);
      expect(due).to.deep.equal({});
      expect(note).not.to.deep.equal([]);
      for (const each of note) expect(each).to.match(why);
      expect(found(inputs, done(inputs))).to.deep.equal(nothing);
    });

  const quiet: [string, unknown][] = [
    ["hosts.web1.connection.password", "x"],
    ["hosts.web1.connection.privateKey", "x"],
    ["hosts.web1.connection.host", "10.0.0.9"],
    ["hosts.web1.connection.port", 2222],
    ["hosts.web1.connection.proxy", { host: "jump" }],
    ["action.timeout", 5],
    ["action.sudoPassword", "x"],
    ["lock.timeout", 5],
    ["lock.maxWait", 5],
    ["lock.retryInterval", 5],
    ["lock.ownerGrace", 5],
    ["lock.onFailedHolder", "wait"],
    ["lock.auth", [{ credentials: "u:p" }]],
    ["lock.skip", true],
    ["gate", { command: "true", timeout: 5, interval: 1 }],
    ["logging", "stdoutAndStderr"],
    ["onCreate", "record"],
    ["canary", { count: 3, minHealthy: 60 }],
    ["canary", undefined],
    ["order", ["web3"]],
    ["maxUnavailable", 1],
    ["maxFailures", 1],
    ["__provider", "another text"],
    ["__urn", "urn:another"],
  ];
  for (const [path, value] of quiet)
    it(`${path} = ${JSON.stringify(value)}: nothing`, () => {
      expect(found(full([path, value]))).to.deep.equal(nothing);
    });

  it("another port without a target of its own: another machine", () => {
    const at = (port: number) =>
      full(
        ["hosts.web1.target", undefined],
        ["hosts.web1.connection.port", port],
      );
    expect(found(at(2222), done(at(22))).due).to.deep.equal({ web1: ["new"] });
  });

  it("owed, or never begun: those, whatever else is done", () => {
    const before = done(full(), { web2: FAILED, web3: null }, ["r"]);
    expect(found(full(), before)).to.deep.equal({
      due: { web2: ["owed since 2026-01-02T03:04:05.000Z"], web3: ["new"] },
      note: [],
    });
  });

  it("nothing is owed any more, but the roll had failed: an update that touches nobody", () => {
    expect(found(full(), done(full(), {}, ["roll: stopped"]))).to.deep.equal({
      ...{ due: {}, note: ["an earlier failure is to be cleared"] },
    });
  });

  it("a release in doubt: an update that touches nobody", () => {
    const kept = { holder: "h", subject: "nginx", why: "doubt" } as const;
    expect(found(full(), done(full(), { web2: { kept } }))).to.deep.equal({
      due: {},
      note: ["it is in doubt whether the lock of web2 was released"],
    });
  });

  it("a lock that was kept before a roll that skipped it: an update that gives it back", () => {
    const kept = { holder: "h", subject: "nginx", why: "failed" } as const;
    const state = done(full(), { web2: { kept } });
    expect(found(full(), state)).to.deep.equal({
      due: {},
      note: ["the lock of web2 still stands"],
    });
    expect(found(full(["lock.skip", true]), state)).to.deep.equal({
      ...{ due: {}, note: [] },
    });
  });

  it("a lock that a killed run left: that host", () => {
    const kept = { holder: "h", subject: "nginx", why: "stale" } as const;
    expect(found(full(), done(full(), { web2: { kept } }))).to.deep.equal({
      due: { web2: ["a killed run left its lock"] },
      note: [],
    });
  });

  describe("while something is not known yet", () => {
    for (const path of [
      ...["hosts", "hosts.web1", "hosts.web1.target", "hosts.web1.group"],
      ...["action", "action.service", "triggers", "lock", "lock.name"],
      ...["maxUnavailable", "order", "hosts.web1.triggers"],
    ])
      it(`${path}: somebody may run, nobody knows who`, () => {
        const { run, due } = differ(state, full([path, UNKNOWN]));
        expect(run).to.deep.equal(["hosts or action are not known yet"]);
        expect(due).to.equal(null);
      });

    it("a key, or an address under a target of its own: nothing", () => {
      for (const path of [
        ...["hosts.web1.connection.privateKey", "hosts.web1.connection.host"],
        "hosts.web1.connection",
      ])
        expect(found(full([path, UNKNOWN])), path).to.deep.equal(nothing);
    });

    it("an address without a target: somebody may run", () => {
      const inputs = full(
        ["hosts.web1.target", undefined],
        ["hosts.web1.connection.host", UNKNOWN],
      );
      expect(differ(state, inputs).due).to.equal(null);
    });
  });
});
