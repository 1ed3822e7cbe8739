import { expect } from "chai";
import { lockJson } from "../../cli/json";
import { Sandbox } from "../support/sandbox";
import { openZookeeper, type OpenZookeeper } from "../support/shared-zookeeper";
import { locked } from "./command";
import { Locks, ROOT } from "./locks";

const CROWD = 150;

describe("a lock that many wait for", () => {
  let sandbox: Sandbox;
  let zookeeper: OpenZookeeper;
  let locks: Locks;
  const see = async (...args: string[]) =>
    (await locked(sandbox, [...args, "--servers", zookeeper.connect])).stdout;

  before(async () => {
    sandbox = await Sandbox.create();
    zookeeper = await openZookeeper(sandbox);
    locks = new Locks(zookeeper.connect);
    await locks.live("crowded", "web0");
    const session = await locks.session();
    for (let i = 0; i < CROWD; i++) {
      const id = `0123456789abcdef-${i.toString(16).padStart(16, "0")}-`;
      const record = {
        ...{ v: 1, group: "g", target: `web${i + 1}`, subject: "s", run: "r" },
        ...{ from: "me", action: "a", since: "x", state: "held" },
      };
      const path = `${ROOT}/crowded/waiters/${id}`;
      const data = Buffer.from(JSON.stringify(record));
      await session.create(path, data, "ephemeralSequential");
    }
  });
  after(async () => {
    await locks.close();
    await sandbox.stop();
  });

  it("is told with all of them counted, and the first by name", async () => {
    expect(await see("list")).to.match(/^crowded .* 150 /m);
    expect(await see("list", "-o", "wide")).to.contain(" web1, ");
    const page = await see("show", "crowded");
    expect(page).to.match(/^ {2}waiters {2}150$/m);
    expect(page).to.match(/^ {2}100 +web100 /m);
    expect(page).not.to.match(/^ {2}101 /m);
    expect(page).to.contain("… and 50 more: -o wide, or --json, has all");
  });

  it("is told whole where that is asked for", async () => {
    expect(await see("show", "crowded", "-o", "wide")).to.match(
      /^ {2}150 +web150 /m,
    );
    const json = lockJson.parse(
      JSON.parse(await see("show", "crowded", "--json")),
    );
    expect(json.waiters).to.have.length(CROWD);
  });
});
