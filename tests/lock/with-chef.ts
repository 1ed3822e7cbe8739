import { after, before } from "mocha";
import { ChefFleet } from "../support/cookbook";
import { Sandbox } from "../support/sandbox";
import { newLock, type Lab, type TestLock } from "./lab";

/** The cookbook itself, as another client library plays it: support/cookbook.py. */
export interface WithChef {
  sandbox: Sandbox;
  fleet: ChefFleet;
  /** A lock that is shared with the Chef node `web9`; `tail` is its path below a root of its own. */
  shared(
    mode?: "tagged" | "exact",
    tail?: string,
  ): Promise<{ lock: TestLock; root: string; path: string }>;
}

let count = 0;

/** Call it in a `describe`, after `useLab`. */
export function useChef(lab: Lab): WithChef {
  const chef = {} as WithChef;
  before(async () => {
    chef.sandbox = await Sandbox.create();
    chef.fleet = ChefFleet.start(chef.sandbox);
  });
  after(() => chef.sandbox.stop());
  chef.shared = async (mode = "tagged", tail = "web") => {
    const root = `/with-chef-${++count}`;
    const path = `${root}/${tail}`;
    const lock = newLock({ chef: { root, name: tail, mode } });
    await chef.fleet.node("web9", {
      ...{ servers: lab.server.connect, path, data: "web9" },
      sleep_time: 0.01,
    });
    return { lock, root, path };
  };
  return chef;
}
