import { expect } from "chai";
import { mayStillRun, secondsToEnd } from "../../core/action/may-run";
import type { HolderRecord } from "../../core/lock/types";
import { releaseKeptLock, type Standing } from "../../provider/kept";
import { Runtime, type Heavy } from "../../provider/runtime";
import { Status } from "../../provider/status";

const SINCE = "2026-01-01T00:00:00.000Z";

describe("a kept lock is given back", () => {
  /** What was done, in its order. */
  async function released(
    record: Partial<HolderRecord>,
    over: Partial<Standing> = {},
    { stops = false } = {},
  ): Promise<string[]> {
    const story: string[] = [];
    const heavy = {
      ...{ mayStillRun, secondsToEnd, hosts: { close: () => {} } },
      sessions: {
        lease: () => Promise.resolve({ session: {}, release: async () => {} }),
        close: async () => {},
      },
      readHoldersOf: () => Promise.resolve([{ id: "h", record }]),
      releaseKept: () => Promise.resolve(story.push("released")),
      systemClock: {
        date: () => new Date(Date.parse(SINCE) + 20_000),
        wait: (seconds: number) => {
          story.push(`waited ${seconds} s`);
          if (stops) runtime.stopAll("the end");
          return Promise.resolve();
        },
      },
    };
    const runtime: Runtime = new Runtime(
      new Status(() => {}),
      () => heavy as unknown as Heavy,
    );
    const standing: Standing = {
      where: { lock: "/locked-action/web", holder: "h" },
      lock: { servers: "zk:2181", name: "web", data: "web1" },
      owner: { target: "web1", subject: "nginx" },
      ...{ auth: [], ended: false, ...over },
    };
    await releaseKeptLock(runtime, standing, "why").catch((error: unknown) =>
      story.push((error as Error).message),
    );
    return story;
  }

  const acting = { acting: { run: "r", since: SINCE, deadline: 60 }, run: "r" };
  const failed = (failure: object) => ({
    ...{ ...acting, state: "failed" as const },
    failure: { step: "act", reason: "r", at: SINCE, run: "r", ...failure },
  });

  it("at once, if no act was begun", async () => {
    expect(await released({})).to.deep.equal(["released"]);
  });

  it("at once, if its act has ended", async () => {
    expect(await released(failed({ exit: 3 }))).to.deep.equal(["released"]);
    expect(await released(acting, { ended: true })).to.deep.equal(["released"]);
  });

  it("when an act whose end nobody knows is surely over", async () => {
    for (const record of [acting, failed({})])
      expect(await released(record)).to.deep.equal(["waited 45 s", "released"]);
  });

  it("not, if it cannot wait so long", async () => {
    expect(await released(acting, {}, { stops: true })).to.deep.equal([
      "waited 45 s",
      "an earlier run's action may still run on web1, for 45 s at most",
    ]);
  });
});
