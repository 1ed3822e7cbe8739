import { expect } from "chai";
import path from "node:path";
import { decodeHistory } from "../../core/lock/tree/records";
import { parseServers } from "../../core/zookeeper/servers";
import { Session } from "../../core/zookeeper/session";
import { Sandbox } from "../support/sandbox";
import { startZookeeper } from "../support/zookeeper";
import { checkHistory } from "./checker";
import { Dice } from "./dice";
import { Journal, readJournal } from "./journal";
import { ROOT } from "./locks";
import { noteOf, Race } from "./operators";
import { readTransactions } from "./transactions";

const OWNERS = 9;
const OPERATORS = 4;
const CLEARS = 1000;
const HOLDS = 1000;

describe("operators who clear and hold, against those who acquire and release", () => {
  let sandbox: Sandbox;
  before(async () => {
    sandbox = await Sandbox.create();
  });
  after(() => sandbox.stop());

  it("thousands of times: never two holders, no lost waiter, each act recorded once", async () => {
    const server = await startZookeeper(sandbox);
    const sessions = Array.from(
      { length: OWNERS + OPERATORS },
      () => new Session({ servers: parseServers(server.connect) }),
    );
    await Promise.all(sessions.map((each) => each.ready({ within: 20_000 })));
    const file = path.join(sandbox.dir, "journal");
    const journal = new Journal(file, "race");
    const race = new Race(journal, new Dice(7));
    await race.run(
      sessions.slice(OPERATORS),
      { clearing: sessions.slice(0, 2), holding: sessions.slice(2, OPERATORS) },
      { clears: CLEARS, holds: HOLDS },
    );
    await Promise.all(sessions.map((each) => each.close()));
    journal.close();
    const transactions = readTransactions([path.join(server.dir, "data")]);
    const entries = readJournal([file]);
    const violations = checkHistory({
      ...{ root: ROOT, transactions, journal: entries },
    });
    expect(violations).to.deep.equal([]);
    const recorded = transactions
      .flatMap(({ changes }) => changes)
      .filter(({ kind, path }) => kind === "create" && isRecord(path))
      .map(({ data }) => noteOf(decodeHistory(Buffer.from(data))!));
    expect(recorded.sort()).to.deep.equal(race.notes.sort());
    expect(race.cleared).to.be.greaterThan(CLEARS / 50);
    expect(race.got).to.be.greaterThan(CLEARS / 2);
  });
});

const isRecord = (path: string) => /\/history\/h-\d+$/.test(path);
