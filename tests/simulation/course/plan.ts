import type { Limits, LockRequest } from "../../../core/lock";
import { Dice } from "../../chaos/dice";
import { comebackTurns } from "./comeback";

export const KINDS = ["light", "chef", "operators", "faults"] as const;
/** `light`: few processes, no faults; `chef`: Chef nodes use the lock too; `operators`: people act on it; `faults`: of everything. */
export type Kind = (typeof KINDS)[number];

/** What a process does with the lock, in its order. */
export type Step =
  { kind: "pause"; ms: number } | { kind: "record" } | { kind: "reassert" };

export type Ending = "release" | "fail" | "abandon" | "keep" | "crash";

export interface Turn {
  /** Of the owner's name. */
  owner: number;
  /** Milliseconds after the turn before began, or ended. */
  after: number;
  /** It does not wait for the end of the turn before. */
  beside: boolean;
  over: Partial<LockRequest>;
  /** It does not ask for the Chef lock, where the others do. */
  withoutChef: boolean;
  /** Milliseconds after which it is cancelled. */
  cancel: number | null;
  steps: Step[];
  ending: Ending;
}

export interface Plan {
  seed: number;
  kind: Kind;
  limits: Limits;
  servers: number;
  latency: number;
  lag: number;
  sessionTimeout: number;
  /** The group of each owner. */
  groups: string[];
  /** Of each process. */
  turns: Turn[][];
  /** Milliseconds of activity. */
  length: number;
  faults: number;
  /** One process comes back while another is about to adopt. */
  comeback: boolean;
  /** A grant comes to be in doubt. */
  doubt: boolean;
  operators: number;
  byHand: boolean;
  chefNodes: number;
  chef: LockRequest["chef"];
  credentials: boolean;
  /** The next number of a waiter when the lock is made. */
  firstNumber: number;
}

/** Which kind a seed is of, unless it is said: half of them are light. */
export function kindOf(seed: number): Kind {
  const die = new Dice(seed ^ 0x5eed).next();
  if (die < 0.5) return "light";
  if (die < 0.64) return "chef";
  return die < 0.8 ? "operators" : "faults";
}

export function planOf(seed: number, kind: Kind): Plan {
  const dice = new Dice(seed);
  const int = (from: number, to: number) =>
    Math.floor(dice.between(from, to + 1));
  const light = kind === "light";
  const chef = kind === "chef";
  const faults = kind === "faults" || (!light && dice.chance(0.3));
  const processes = int(1, light ? 3 : 4);
  const owners = int(1, light ? 4 : 5);
  const several = dice.chance(0.4);
  const limits: Limits = {
    maxHolders: chef ? 1 : dice.of([1, 1, 2, 2, 3, 4]),
    maxPerGroup: dice.of([null, null, 1, 2]),
    maxFailures: dice.of([1, 1, 2, 3]),
  };
  const special = new Dice(seed ^ 0xbacc).next();
  const comeback = kind === "faults" && special < 0.3;
  const doubt = kind === "faults" && special > 0.6;
  // one group that fills its slot
  const crowd = light && special < 0.1;
  if (crowd) Object.assign(limits, { maxHolders: 1, maxPerGroup: 2 });
  const length = faults ? int(500, 4000) : int(10, 60);
  const turns = Array.from({ length: processes }, () =>
    Array.from({ length: int(1, light ? 4 : 5) }, () =>
      turnOf(dice, owners, { length, faults, kind }),
    ),
  );
  return {
    seed,
    kind,
    limits,
    servers: dice.chance(light ? 0.2 : 0.5) || comeback || doubt ? 3 : 1,
    latency: dice.of([0.5, 1, 3]),
    lag: dice.of([1, 3, 20]),
    sessionTimeout: dice.of([800, 1500, 3000]),
    groups: Array.from({ length: owners }, (_, i) =>
      crowd ? "g" : several ? dice.of(["g", "h"]) : `g${i}`,
    ),
    turns: comeback ? comebackTurns(seed, turns) : doubt ? few(turns) : turns,
    comeback,
    doubt,
    length,
    faults: faults ? int(1, 6) : 0,
    operators: kind === "operators" ? int(1, 5) : 0,
    byHand: kind === "operators" && dice.chance(0.25),
    chefNodes: chef ? int(0, 2) : 0,
    chef: chef
      ? { root: "/chef", mode: dice.of(["tagged", "tagged", "exact"]) }
      : undefined,
    credentials: dice.chance(0.1),
    firstNumber: dice.chance(0.05) ? 2 ** 31 - int(1, 4) : 0,
  };
}

/** So few that the lock is often free when something comes late. */
const few = (turns: Turn[][]): Turn[][] =>
  turns.slice(0, 2).map((own) => own.slice(0, 3));

function turnOf(
  dice: Dice,
  owners: number,
  { length, faults, kind }: { length: number; faults: boolean; kind: Kind },
): Turn {
  const time = (most: number) => dice.next() * dice.next() * most;
  const pause = faults ? length / 4 : 6;
  const over: Partial<LockRequest> = {
    retryInterval: dice.chance(0.85) ? 0 : dice.between(0.02, 1),
  };
  if (dice.chance(0.06)) over.timeout = dice.between(0.001, 0.05);
  if (dice.chance(0.06)) over.onFailedHolder = "fail";
  if (dice.chance(0.02)) over.group = "other";
  if (kind !== "light" && dice.chance(0.03))
    over.limits = {
      maxHolders: dice.of([1, 2, 3]),
      maxPerGroup: null,
      maxFailures: 1,
    };
  // most follow one upon the other, or nothing would be under way when a fault strikes
  const rest = () => time(faults && dice.chance(0.3) ? pause : 6);
  const steps = Array.from({ length: Math.floor(dice.between(0, 4)) }, () =>
    dice.of<() => Step>([
      () => ({ kind: "pause", ms: rest() }),
      () => ({ kind: "record" }),
      () => ({ kind: "record" }),
      () => ({ kind: "reassert" }),
    ])(),
  );
  const endings: Ending[] = [
    ...Array.from(
      { length: kind === "light" ? 10 : 7 },
      () => "release" as const,
    ),
    ...(["fail", "fail", "abandon", "keep", "keep"] as const),
    ...(kind === "light"
      ? []
      : (["fail", "fail", "fail", "abandon", "abandon"] as const)),
    ...(kind === "light" ? [] : (["crash"] as const)),
  ];
  return {
    owner: Math.floor(dice.next() * owners),
    // many ask in one tick
    after: dice.chance(0.35) ? 0 : time(pause),
    beside: dice.chance(0.6),
    over,
    withoutChef: dice.chance(0.1),
    cancel: dice.chance(0.15) ? time(faults ? length : 20) : null,
    steps,
    ending: dice.of(endings),
  };
}
