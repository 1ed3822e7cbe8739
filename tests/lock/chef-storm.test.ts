import { expect } from "chai";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { acquire, type Held } from "../../core/lock";
import type { Session } from "../../core/zookeeper/session";
import { Dice } from "../chaos/dice";
import { ChefFleet, type Outcomes } from "../support/cookbook";
import { Sandbox } from "../support/sandbox";
import { newLock, useLab, type TestLock } from "./lab";

const CHEF_NODES = ["chef1", "chef2", "chef3"];
const OURS = ["web1", "web2", "web3"];

/** How the turns of one side went. */
interface Turns {
  acted: number;
  died: number;
  /** Somebody was inside already. */
  met: number;
}

interface Storm {
  lock: TestLock;
  /** The cookbook's znode. */
  path: string;
  inside: string;
  over: boolean;
}

/** The turns of one of our owners, until the storm is over: so many at least, however fast the others are. */
async function turnsOf(
  session: Session,
  target: string,
  storm: Storm,
  dice: Dice,
  least: number,
): Promise<Turns> {
  const turns = { acted: 0, died: 0, met: 0 };
  while (!storm.over || turns.acted < least) {
    const held = await acquire(session, storm.lock.by(target));
    turns.met += (await isAlone(storm.inside, dice)) ? 0 : 1;
    turns[(await ends(held, dice)) ? "died" : "acted"] += 1;
    if (turns.met > 0) break;
    await pause(dice.between(0, 12));
  }
  await (await acquire(session, storm.lock.by(target))).release(); // what it left
  return turns;
}

/** One in twenty dies of its act and leaves the lock. */
async function ends(held: Held, dice: Dice): Promise<boolean> {
  const dies = dice.chance(0.05);
  await (dies ? held.abandon() : held.release());
  return dies;
}

/** Whether two hold at once is asked of no lock: the system creates a file only once. */
async function isAlone(inside: string, dice: Dice): Promise<boolean> {
  try {
    fs.closeSync(fs.openSync(inside, "wx"));
  } catch {
    return false;
  }
  await pause(dice.between(0, 2));
  fs.unlinkSync(inside);
  return true;
}

describe("Chef nodes and we at random moments", () => {
  const lab = useLab();
  let sandbox: Sandbox;
  let fleet: ChefFleet;
  let count = 0;

  before(async () => {
    sandbox = await Sandbox.create();
    fleet = ChefFleet.start(sandbox);
  });
  after(() => sandbox.stop());

  const prepare = async (
    mode: "tagged" | "exact",
    { keepSessions }: { keepSessions: boolean },
  ): Promise<Storm> => {
    const root = `/storm-${++count}`;
    const path_ = `${root}/roll`;
    const lock = newLock({ chef: { root, name: "roll", mode } });
    await (await lab.get(lock.by("web1"))).release(); // both find all parents there
    for (const name of CHEF_NODES)
      await fleet.node(name, {
        ...{ servers: lab.server.connect, path: path_, data: name },
        ...{ sleep_time: 0.001, keep_session: keepSessions },
      });
    return {
      lock,
      path: path_,
      inside: path.join(sandbox.dir, `inside-${count}`),
      over: false,
    };
  };

  /** Each Chef node acts so many times, and ours as long as they do, as often in all at least. */
  const rage = async (storm: Storm, runs: number) => {
    const least = runs / OURS.length;
    const ours = OURS.map(async (target, i) => {
      const dice = new Dice(100 * count + i);
      return turnsOf(await lab.session(), target, storm, dice, least);
    });
    const chef = await fleet
      .storm(CHEF_NODES, storm.inside, runs, count)
      .finally(() => (storm.over = true));
    return { chef, ours: await Promise.all(ours) };
  };

  const sum = (turns: Turns[], key: keyof Turns) =>
    turns.reduce((total, each) => total + each[key], 0);

  const judge = async (
    { lock, path }: Storm,
    { chef, ours }: { chef: Outcomes; ours: Turns[] },
  ) => {
    const { met, acted, died, raced, ...others } = chef;
    expect([met, sum(ours, "met")], "two at once").to.deep.equal([0, 0]);
    expect(others, "nothing else happened to Chef").to.deep.equal({});
    await lab.isEmpty(lock);
    const { code } = await (await lab.session()).exists(path);
    expect(code, "the cookbook's znode").to.equal("NO_NODE");
    return { acted: acted ?? 0, died: died ?? 0, raced: raced ?? 0 };
  };

  for (const [mode, runs] of [
    ["tagged", 300],
    ["exact", 100],
  ] as const)
    it(`${mode}: never two holders, whoever dies, and nothing is left`, async () => {
      const storm = await prepare(mode, { keepSessions: true });
      const turns = await rage(storm, runs);
      const chef = await judge(storm, turns);
      expect(chef.acted + chef.died).to.be.at.least(CHEF_NODES.length * runs);
      expect(sum(turns.ours, "acted")).to.be.at.least(runs);
      expect(chef.died).to.be.greaterThan(0);
      expect(sum(turns.ours, "died")).to.be.greaterThan(0);
    });

  it("with a session for each of Chef's operations, as the cookbook has it", async () => {
    const storm = await prepare("tagged", { keepSessions: false });
    const turns = await rage(storm, 12);
    const chef = await judge(storm, turns);
    expect(chef.acted + chef.died).to.be.at.least(CHEF_NODES.length * 12);
    expect(sum(turns.ours, "acted")).to.be.at.least(12);
  });

  it("the run that fails when somebody comes between its two looks fails among Chef nodes alone too", async () => {
    let raced = 0;
    for (let round = 0; raced === 0 && round < 20; round++) {
      const storm = await prepare("tagged", { keepSessions: true });
      const { inside } = storm;
      const chef = await fleet.storm(CHEF_NODES, inside, 40, count);
      ({ raced } = await judge(storm, { chef, ours: [] }));
    }
    expect(raced).to.be.greaterThan(0);
  });
});
