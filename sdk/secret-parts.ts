import { secret, withSecrets } from "./inputs";

const ACTION_FIELDS = [
  ...["command", "stdin", "environment", "service", "perform", "reboot"],
  ...["timeout", "sudo", "sudoPassword"],
];

const LOCK_FIELDS = [
  ...["name", "root", "servers", "data"],
  ...["maxHolders", "maxPerGroup", "maxFailures"],
  ...["timeout", "maxWait", "retryInterval", "onFailedHolder", "ownerGrace"],
  ...["skip", "auth", "chef"],
];

const SIDE_FIELDS = [
  ...["command", "interval", "timeout", "minHealthy"],
  ...["sudo", "sudoPassword"],
];

const SIDES = ["onlyIf", "gate", "health", "drain", "undrain"] as const;

export function actionInput(action: unknown): unknown {
  return withSecrets(action, ACTION_FIELDS, {
    stdin: secret,
    environment: secret,
    sudoPassword: secret,
  });
}

export function lockInput(lock: unknown): unknown {
  return withSecrets(lock, LOCK_FIELDS, { auth: secret });
}

/** `onlyIf`, gate, health, drain and undrain, those that are given: each property costs the SDK time. */
export function sideInputs(
  args: Partial<Record<(typeof SIDES)[number], unknown>>,
): Record<string, unknown> {
  const given = SIDES.filter((name) => args[name] !== undefined);
  return Object.fromEntries(
    given.map((name) => [
      name,
      withSecrets(args[name], SIDE_FIELDS, { sudoPassword: secret }),
    ]),
  );
}
