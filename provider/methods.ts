import { clean, LONGEST_LINE } from "../core/text/clean";
import { check, type Kind, type Properties } from "./check";
import type { Operation } from "./lifecycle";
import type { Runtime } from "./runtime";

/** What Pulumi's dynamic-provider process hands to `configure`. */
export interface ConfigureRequest {
  config: { get(key: string): unknown; rawConfig?: Record<string, unknown> };
}

/** What one kind of resource does. */
export interface Resource {
  /** @default that of a `LockedAction` */
  kind?: Kind;
  /** Whether there is anything to do; says why. No I/O. */
  changes(runtime: Runtime, olds: Properties, news: Properties): boolean;
  create(
    operation: Operation,
    news: Properties,
  ): Promise<{ id: string; outs: Properties }>;
  update(
    operation: Operation,
    id: string,
    olds: Properties,
    news: Properties,
  ): Promise<{ outs: Properties }>;
  remove(runtime: Runtime, olds: Properties): Promise<void>;
}

/** The methods that Pulumi calls. There is no `read`: a refresh echoes the state, and a debt stays a debt. */
export function methodsOf(
  runtime: Runtime,
  { kind, changes, create, update, remove }: Resource,
) {
  return {
    configure({ config }: ConfigureRequest): void {
      runtime.configure(config.rawConfig ?? {});
    },
    check(olds: Properties, news: Properties) {
      return Promise.resolve(check(runtime, olds, news, kind));
    },
    diff(_id: string, olds: Properties, news: Properties) {
      return Promise.resolve({ changes: changes(runtime, olds, news) });
    },
    create(news: Properties) {
      return runtime.track((run) => told(create({ runtime, run }, news)));
    },
    update(id: string, olds: Properties, news: Properties) {
      return runtime.track((run) =>
        told(update({ runtime, run }, id, olds, news)),
      );
    },
    delete(_id: string, olds: Properties) {
      return runtime.track(() => told(remove(runtime, olds)));
    },
  };
}

/** Where all errors of an operation pass: whoever's words are in them, they are fit to be shown. */
function told<T>(work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    if (!(error instanceof Error)) throw error;
    const { message, stack } = error;
    error.message = clean(message, LONGEST_LINE);
    if (stack) error.stack = clean(stack.replace(message, () => error.message));
    throw error;
  });
}
