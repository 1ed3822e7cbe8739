/** The steps of the protocol page by their names. */
import { FAST, INIT, PLACE, QUEUE } from "./acquire";
import type { StepRules } from "./answer";
import type { Client, Request, Step, Terms } from "./client";
import { EVAL } from "./evaluate";
import { HELD } from "./grant";
import { ACT, RE_ASSERT, RECORD, RELIVE } from "./hold";
import { ABANDON, FAIL, RELEASE } from "./leave";
import { OWN } from "./own";
import { RESOLVE } from "./resolve";
import { JOIN, TAKE } from "./take";

const REST: StepRules = { ask: () => null, hear: (c) => c };

export const STEPS: Record<Step, StepRules> = {
  INIT,
  FAST,
  QUEUE,
  PLACE,
  OWN,
  EVAL,
  TAKE,
  JOIN,
  RESOLVE,
  RELIVE,
  "RE-ASSERT": RE_ASSERT,
  RECORD,
  RELEASE,
  FAIL,
  ABANDON,
  ACT,
  WAIT: REST,
  DONE: REST,
  CRASHED: REST,
};

export const ask = (c: Client, t: Terms): Request | null =>
  STEPS[c.step].ask(c, t);

/** A client of so many runs, about to begin; with L in its cache or not. */
export const begin = (
  name: string,
  runs: number,
  lock: Client["lock"],
  step: Step = "FAST",
): Client => ({
  name,
  step,
  phase: "",
  runs,
  attempt: 1,
  session: 1,
  lock,
  waiter: null,
  queued: false,
  first: false,
  ahead: "",
  sight: "",
  patient: false,
  doubt: false,
  gd: false,
  everGd: false,
  refusal: null,
  giveUp: false,
  todo: [],
  found: null,
  shortcut: false,
  slot: 0,
  recreate: false,
  old: null,
  data: HELD,
  version: 0,
  adopted: false,
  left: "",
  others: null,
  frees: false,
  foreign: [],
  live: null,
  relive: false,
  watches: [],
  woken: false,
  toldGone: false,
  evicted: false,
  zombies: [],
  late: null,
});
