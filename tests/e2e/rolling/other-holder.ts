import { acquire, type Held } from "../../../core/lock";
import type { Limits } from "../../../core/lock/types";
import type { Stage } from "./stage";

/** Somebody else takes a place of the stage's lock, until it releases it or the test has ended. */
export function withOtherHolder(
  stage: Stage,
  test: (held: Held) => Promise<void>,
  { limits = {} as Partial<Limits>, target = "else", subject = "app" } = {},
): Promise<void> {
  return stage.scene.withSession(async (session) =>
    test(
      await acquire(session, {
        ...{ root: "/locked-action", name: stage.lock, group: target },
        owner: { target, subject },
        limits: { maxHolders: 1, maxPerGroup: null, maxFailures: 1, ...limits },
        facts: { run: "run", from: "me@here", action: "test" },
        ...{ timeout: 10, maxWait: 10, retryInterval: 5, ownerGrace: 1 },
        onFailedHolder: "fail",
      }),
    ),
  );
}
