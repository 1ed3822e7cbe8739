import { check, type Properties } from "./check";
import { difference } from "./diff";
import { explainChange } from "./explain";
import { create, remove, update } from "./lifecycle";
import type { Runtime } from "./runtime";
import type { LockedActionInputs } from "./schema/inputs";
import { readState } from "./state";

/** What Pulumi's dynamic-provider process hands to `configure`. */
export interface ConfigureRequest {
  config: { get(key: string): unknown; rawConfig?: Record<string, unknown> };
}

/** The methods that Pulumi calls. There is no `read`: a refresh echoes the state, and a debt stays a debt. */
export function createLockedAction(runtime: Runtime) {
  return {
    configure({ config }: ConfigureRequest): void {
      runtime.configure(config.rawConfig ?? {});
    },
    check(olds: Properties, news: Properties) {
      return Promise.resolve(check(runtime, olds, news));
    },
    diff(_id: string, olds: Properties, news: Properties) {
      return Promise.resolve({ changes: changes(runtime, olds, news) });
    },
    create(news: Properties) {
      return runtime.track((run) => create({ runtime, run }, news));
    },
    update(id: string, olds: Properties, news: Properties) {
      return runtime.track((run) => update({ runtime, run }, id, olds, news));
    },
    delete(_id: string, olds: Properties) {
      return runtime.track(() => remove(runtime, olds));
    },
  };
}

function changes(
  runtime: Runtime,
  olds: Properties,
  news: Properties,
): boolean {
  const state = readState(olds);
  if (!state) return true;
  const inputs = news as unknown as LockedActionInputs; // `check` has passed them
  const found = difference(state, inputs, runtime.settings.settings);
  explainChange(runtime, state, inputs, found);
  return found.run.length > 0 || found.note.length > 0;
}
