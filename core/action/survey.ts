import type { Identity } from "../process/types";
import { openContext } from "./context";
import { dialFailure } from "./dial";
import { look, watched } from "./look";
import type { ActionDeps, ActionSpec } from "./types";

/** A host before its turn. */
export type Survey =
  /** `identities` is `null` where no process is known to look for, or the unit is one that runs once. */
  | { kind: "seen"; identities: Identity[] | null }
  /** Unknown is never taken for "down". */
  | { kind: "unseen"; reason: string };

/** One look at a host, without any lock; a host that can't be reached is tried once only. Never rejects. */
export async function survey(
  spec: ActionSpec,
  deps: ActionDeps,
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
    return { kind: "seen", identities: lasting ? seen.identities : null };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { kind: "unseen", reason: context.redact(reason) };
  } finally {
    context.link.close();
  }
}
