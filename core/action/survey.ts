import { stillAlive } from "../process/alive";
import type { Identity } from "../process/types";
import { openContext } from "./context";
import { dialFailure } from "./dial";
import { look, LOOK_TIMEOUT, watched } from "./look";
import type { ActionDeps, ActionSpec } from "./types";

/** A host before its turn. */
export type Survey =
  /** `identities` is `null` where no process is known to look for, or the unit is one that runs once. */
  | {
      kind: "seen";
      identities: Identity[] | null;
      /** Those of the last record that still run, where nothing else was found; `null`: nobody can tell. */
      left?: Identity[] | null;
    }
  /** Unknown is never taken for "down". */
  | { kind: "unseen"; reason: string };

/** One look at a host, without any lock; a host that can't be reached is tried once only. Never rejects. */
export async function survey(
  spec: ActionSpec,
  deps: ActionDeps,
  recorded: readonly Identity[] = [],
): Promise<Survey> {
  const context = openContext(spec, deps);
  try {
    await context.link
      .redial({ tries: 1, signal: deps.signal })
      .catch((error: unknown) => {
        throw dialFailure(error);
      });
    const seen = await look(context, await watched(context));
    const lasting = seen && !seen.ended;
    const identities = lasting ? seen.identities : null;
    if (identities?.length !== 0 || recorded.length === 0)
      return { kind: "seen", identities };
    const { sudo, sudoPassword } = spec.act;
    const left = await stillAlive(context.link.host, recorded, {
      timeout: LOOK_TIMEOUT,
      ...(sudo === undefined ? {} : { sudo }),
      ...(sudoPassword === undefined ? {} : { sudoPassword }),
    });
    return { kind: "seen", identities, left };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { kind: "unseen", reason: context.redact(reason) };
  } finally {
    context.link.close();
  }
}
