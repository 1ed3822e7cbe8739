import { expect } from "chai";
import { check, describeProblems } from "../../provider/check";
import { createRollingAction } from "../../provider/rolling-action";
import { Runtime } from "../../provider/runtime";
import { rollingInputs } from "../../provider/schema/rolling";
import { Status } from "../../provider/status";
import { minimal, withInput } from "./inputs";
import { changed, fleetInputs } from "./rolling/inputs";

const quiet = () => new Runtime(new Status(() => {}));
const told = (inputs: Record<string, unknown>) =>
  check(quiet(), {}, inputs).failures.map(({ reason }) => reason);

describe("inputs of a strange shape", () => {
  it("names the property that has another type, where others depend on it", () => {
    for (const [path, value, message] of [
      ["process.commandString", ["x"], "expected a string, got a list"],
      ["health.minHealthy", ["x"], "expected a number, got a list"],
      ["lock.chef", "/lock", "expected an object, got a string"],
      ["lock.chef.root", 5, "expected a string, got a number"],
    ] as const) {
      const inputs = withInput(path, value);
      if (path.startsWith("health"))
        withInput("health.command", "true", inputs);
      expect(told(inputs), path).to.deep.equal([`${path}: ${message}`]);
    }
    const fleet = changed(
      fleetInputs(2),
      ["hosts.web1.connection.host", 5],
      ["hosts.web1.connection.port", 2222],
    );
    expect(describeProblems(fleet, rollingInputs)).to.deep.equal([
      "hosts.web1.connection.host: expected a string, got a number",
    ]);
  });

  it("refuses half a character in what is written to ZooKeeper", () => {
    const half = "contains half a character (a lone surrogate)";
    const chef = { root: "/lock" };
    for (const path of ["lock.name", "lock.data", "target"]) {
      const inputs = withInput(path, "web \ud83d");
      expect(told(inputs), path).to.deep.equal([`${path}: ${half}`]);
      withInput("lock.chef", chef, inputs);
      expect(told(inputs), path).to.deep.equal([`${path}: ${half}`]);
      expect(told(withInput(path, "web 🐘")), path).to.deep.equal([]);
    }
    const hosts = { "web\ud83d": { connection: { host: "web1" } } };
    expect(
      describeProblems({ ...fleetInputs(1), hosts }, rollingInputs),
    ).to.deep.equal([`hosts.web\ud83d: the name of a host ${half}`]);
  });

  for (const depth of [100, 2000, 100_000])
    it(`says that ${depth} proxies behind one another are too many`, () => {
      let proxy: object = { host: "last" };
      for (let i = 0; i < depth; i++) proxy = { host: `jump${i}`, proxy };
      const deep = "is nested more than 64 levels deep";
      expect(told(withInput("connection.proxy", proxy))).to.deep.equal([
        `connection: ${deep}`,
      ]);
      let trigger: unknown = "x";
      for (let i = 0; i < depth; i++) trigger = [trigger];
      expect(told(withInput("triggers", [trigger]))).to.deep.equal([
        `triggers: ${deep}`,
      ]);
    });

  it("takes ten proxies behind one another", () => {
    let proxy: object = { host: "last" };
    for (let i = 0; i < 9; i++) proxy = { host: `jump${i}`, proxy };
    expect(told(withInput("connection.proxy", proxy))).to.deep.equal([]);
  });

  it("names a property without a name", () => {
    expect(told({ ...minimal(), "": 1 })).to.deep.equal([
      '"": there is no such input',
    ]);
  });

  it("names a property of endless name by its beginning", () => {
    expect(told({ ...minimal(), ["x".repeat(100_000)]: 1 })).to.deep.equal([
      `${"x".repeat(100)}…: there is no such input`,
    ]);
  });

  it("knows no input by a name that every object has", () => {
    for (const path of ["constructor", "lock.toString", "action.valueOf"])
      expect(told(withInput(path, "x")), path).to.deep.equal([
        `${path}: there is no such input`,
      ]);
    const proto = JSON.parse('{ "__proto__": { "maxHolders": 5 } }') as object;
    const lock = { ...minimal().lock };
    Object.defineProperty(lock, "__proto__", {
      ...{ value: proto, enumerable: true },
    });
    expect(told({ ...minimal(), lock })).to.deep.equal([
      "lock.__proto__: cannot be the name of anything here",
    ]);
    const hosts = JSON.parse(
      '{ "__proto__": { "connection": { "host": "web1" } } }',
    ) as object;
    expect(
      describeProblems({ ...fleetInputs(1), hosts }, rollingInputs),
    ).to.deep.equal(["hosts.__proto__: cannot be the name of anything here"]);
  });

  it("takes a numeric UID as a number, for the same process as its text", () => {
    const of = (user: unknown) => withInput("process", { user });
    expect(told(of(1000))).to.deep.equal([]);
    for (const user of [-1, 1.5, 2 ** 32, NaN, [1000]])
      expect(told(of(user)), String(user)).to.deep.equal([
        "process.user: expected the name of a user or a numeric UID",
      ]);
  });

  it("judges a roll of 10,000 hosts in less than a second of CPU", async () => {
    const provider = createRollingAction(quiet());
    const keys = Array.from({ length: 10_000 }, (_, i) => `web${i}`);
    const hosts = Object.fromEntries(
      keys.map((key) => [key, { connection: { host: key } }]),
    );
    const inputs = { ...fleetInputs(1), hosts, order: keys };
    const times: number[] = [];
    for (let i = 0; i < 3; i++) {
      const begun = process.cpuUsage();
      const { failures } = await provider.check({}, inputs);
      const { user, system } = process.cpuUsage(begun);
      expect(failures).to.deep.equal([]);
      times.push((user + system) / 1e6);
    }
    expect(Math.min(...times)).to.be.below(1);
  });
});
