import { messageOf, type Context } from "./context";
import type { FailedStep, HookFacts } from "./hooks";
import type { ResourceState } from "./state";

/** How often a step is tried again at most, as the real engine has it. */
const RETRIES = 100;

/** A provider's call, made again as long as an error hook of the resource wants it so. What is recorded is what the last one answered. */
export async function withRetries<T>(
  context: Context,
  operation: FailedStep["operation"],
  resource: ResourceState,
  facts: HookFacts,
  call: () => Promise<T>,
): Promise<T> {
  const errors: string[] = [];
  for (;;)
    try {
      return await call();
    } catch (error) {
      errors.unshift(messageOf(error));
      if (errors.length > RETRIES || context.halt.halted) throw error;
      const failed = { operation, errors };
      if (!(await context.hooks.wantRetry(resource, facts, failed)))
        throw error;
      if (context.halt.halted) throw error;
    }
}
