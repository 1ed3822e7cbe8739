import type { Config } from "./environment";
import type { Emit, EngineEvent } from "./events";

/** Shorter ones would make every text unreadable. */
const MIN_LENGTH = 3;

/** Hides the secrets of the stack's config in what is told, as the real engine does. */
export function redacting(config: Config, emit: Emit): Emit {
  const secrets = Object.values(config)
    .filter(({ value, secret }) => secret && value.length >= MIN_LENGTH)
    .map(({ value }) => value);
  if (secrets.length === 0) return emit;
  const clean = (text: string) =>
    secrets.reduce((left, found) => left.replaceAll(found, "[secret]"), text);
  return (event) => emit(redacted(event, clean));
}

function redacted(
  event: EngineEvent,
  clean: (text: string) => string,
): EngineEvent {
  if (event.type === "diagnostic")
    return { ...event, message: clean(event.message) };
  if (event.type === "failed")
    return { ...event, reasons: event.reasons.map(clean) };
  if (event.type === "summary" && event.failure !== undefined)
    return { ...event, failure: clean(event.failure) };
  return event;
}
