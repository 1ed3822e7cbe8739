import { fleetLimits } from "../rolling/limits";
import { hasUnknown, isUnknown } from "../unknown";
import type { RollingActionInputs } from "./rolling";

type Problem = [path: string[], message: string];

/** What can't be meant together. */
export function contradictions(inputs: RollingActionInputs): Problem[] {
  return [
    ...twiceSaid(inputs),
    ...groupProblems(inputs),
    ...orderProblems(inputs),
    ...canaryProblems(inputs),
    ...(hasUnknown(inputs.lock) ? [] : limitProblems(inputs)),
  ];
}

function twiceSaid(inputs: RollingActionInputs): Problem[] {
  const { lock, maxUnavailable, maxFailures } = inputs;
  if (isUnknown(lock)) return [];
  const problems: Problem[] = [];
  if (lock.data !== undefined)
    problems.push([
      ["lock", "data"],
      "belongs to each host: give hosts.NAME.group",
    ]);
  if (maxUnavailable !== undefined && lock.maxHolders !== undefined)
    problems.push([
      ["maxUnavailable"],
      "is the lock's maxHolders: give one of them, not both",
    ]);
  if (maxFailures !== undefined && lock.maxFailures !== undefined)
    problems.push([
      ["maxFailures"],
      "is the lock's maxFailures: give one of them, not both",
    ]);
  return problems;
}

function groupProblems(inputs: RollingActionInputs): Problem[] {
  const { groups, hosts, lock } = inputs;
  if (isUnknown(groups) || isUnknown(lock) || isUnknown(hosts)) return [];
  const grouped = Object.entries(hosts).find(
    ([, host]) => !isUnknown(host) && host.group !== undefined,
  );
  if (groups === undefined && grouped)
    return [
      [
        ["groups"],
        `expected "together" or "oneAtATime": hosts.${grouped[0]}.group is given`,
      ],
    ];
  if (groups === "together" && lock.maxPerGroup === undefined)
    return [
      [
        ["lock", "maxPerGroup"],
        'is required with groups "together": how many of one group may go at once',
      ],
    ];
  if (groups !== "oneAtATime") return [];
  return (["maxHolders", "maxPerGroup"] as const)
    .filter((key) => lock[key] !== undefined)
    .map((key) => [
      ["lock", key],
      'follows from groups "oneAtATime": give maxUnavailable, which counts inside the group',
    ]);
}

function orderProblems({ order, hosts }: RollingActionInputs): Problem[] {
  if (!order || isUnknown(order) || isUnknown(hosts)) return [];
  const seen = new Set<string>();
  return order.flatMap((key, index): Problem[] => {
    const path = ["order", String(index)];
    if (isUnknown(key)) return [];
    if (!Object.hasOwn(hosts, key))
      return [[path, `there is no such host: ${key}`]];
    if (seen.has(key)) return [[path, `${key} stands twice`]];
    seen.add(key);
    return [];
  });
}

function canaryProblems(inputs: RollingActionInputs): Problem[] {
  const { canary, health, process, action, hosts } = inputs;
  if (!canary || isUnknown(hosts) || isUnknown(action)) return [];
  if (health !== undefined || process !== undefined || provesItself(action))
    return [];
  const proven = Object.values(hosts).every(
    (host) =>
      isUnknown(host) ||
      isUnknown(host.action) ||
      host.health ||
      host.process ||
      (host.action && provesItself(host.action)),
  );
  return proven
    ? []
    : [
        [
          ["canary"],
          "needs `health` or `process`: there would be nothing to tell whether it passed",
        ],
      ];
}

/** The unit of a service, and the boot of a host, are looked at unasked. */
function provesItself({
  service,
  reboot,
}: Exclude<RollingActionInputs["action"], undefined>): boolean {
  return service !== undefined || reboot !== undefined;
}

function limitProblems(inputs: RollingActionInputs): Problem[] {
  const { hosts, maxUnavailable, groups, maxFailures, lock } = inputs;
  if (isUnknown(hosts) || !groupsAreKnown(hosts)) return [];
  if (isUnknown(maxUnavailable) || isUnknown(groups)) return [];
  const asked = maxFailures ?? lock.maxFailures ?? 1;
  if (isUnknown(asked)) return [];
  const path =
    maxFailures === undefined ? ["lock", "maxFailures"] : ["maxFailures"];
  if (groups === "oneAtATime")
    return asked > 1
      ? [
          [
            path,
            'must be 1 with groups "oneAtATime": a failed member keeps the others of its group out',
          ],
        ]
      : [];
  const { maxHolders } = fleetLimits(inputs);
  const problems: Problem[] = [];
  if (asked > maxHolders)
    problems.push([
      path,
      `expected at most ${maxHolders}, as many as may be unavailable`,
    ]);
  if (lock.chef && maxHolders > 1)
    problems.push([
      ["maxUnavailable"],
      `must be 1 with lock.chef, is ${maxHolders}: the cookbook's lock has one holder`,
    ]);
  return problems;
}

function groupsAreKnown(hosts: RollingActionInputs["hosts"]): boolean {
  const unknown = (host: (typeof hosts)[string]) =>
    isUnknown(host) || isUnknown(host.group);
  return !Object.values(hosts).some(unknown);
}
