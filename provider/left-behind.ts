import { hashOfUrn } from "./run-key";
import {
  keptState,
  standing,
  standingIn,
  StillAtWork,
  type Asked,
  type Standing,
} from "./kept";
import { marksOf } from "./marks";
import { DEFAULT_ROOT, type Plan } from "./plan";
import { quiet } from "./quiet";
import type { Runtime } from "./runtime";
import type { State } from "./state";

/**
 * Locks that a killed run of this resource left, and no state knows of: ZooKeeper is asked, at the path of the
 * state. What the run that is to come is the owner of, it finds by itself.
 */
export async function leftBehind(
  runtime: Runtime,
  plan: Plan,
  state: State,
  runs: boolean,
): Promise<Standing[]> {
  if (plan.lock.skip) return [];
  const itself = findsItself(plan, state, runs);
  const { servers } = state.lock;
  const same = servers === plan.lock.servers;
  const urns = new Set([state.urnHash, plan.urn && hashOfUrn(plan.urn)]);
  const auth = same ? plan.lock.auth : (state.keptAuth ?? plan.lock.auth);
  // of another resource's run only what this one would act under anyway
  const shares = runs && state.target === plan.target;
  const isOwn = (urn: string, subject: string) =>
    urns.has(hashOfUrn(urn)) && !(itself && subject === plan.subject);
  const owns = ({ urn, subject }: { urn?: string; subject: string }) =>
    (urn !== undefined && isOwn(urn, subject)) ||
    (shares && !itself && subject === plan.subject);
  const asked = { auth, owns, isOwn, quiet: itself };
  return known(state, await ask(runtime, state, asked));
}

/** With its deletion nobody is left who would take them over. */
export async function leftByDeleted(
  runtime: Runtime,
  state: State,
): Promise<Standing[]> {
  const { urnHash } = state;
  const kept = standing(state);
  const own = kept ? [kept] : [];
  if (urnHash === undefined || state.lock.servers === "") return own;
  const { zookeeperAuth } = runtime.settings.settings;
  const auth = state.keptAuth ?? (zookeeperAuth ? [zookeeperAuth] : []);
  const isOwn = (urn: string) => hashOfUrn(urn) === urnHash;
  const owns = ({ urn }: { urn?: string }) => urn !== undefined && isOwn(urn);
  const found = await ask(runtime, state, { auth, owns, isOwn });
  return [...own, ...known(state, found)];
}

/** Goes on under a lock that was found, at its path and with its data, as under one that the state knows. */
export function adopting(state: State, [found]: Standing[]): State {
  if (!found || state.kept) return state;
  return { ...state, ...keptState(found, "failed", state) };
}

function findsItself(plan: Plan, state: State, runs: boolean): boolean {
  const { servers, name, root = DEFAULT_ROOT } = state.lock;
  const sameLock =
    servers === plan.lock.servers &&
    name === plan.lock.name &&
    root === plan.lock.root;
  const sameOwner =
    state.target === plan.target &&
    marksOf(plan).process === state.marks.process;
  return runs && sameLock && sameOwner;
}

/**
 * An answer that is not to be had is told, and stops nothing: whoever is blocked is told by whom.
 * `quiet`: the run that is to come asks the same servers, and will tell.
 */
async function ask(
  runtime: Runtime,
  { lock, target }: State,
  {
    auth,
    owns,
    isOwn,
    quiet: silent = false,
  }: Pick<Asked, "auth" | "owns" | "isOwn"> & { quiet?: boolean },
): Promise<Standing[]> {
  try {
    return await standingIn(runtime, {
      ...{ lock, auth, isOwn },
      owns: (of) => of.target === target && owns(of),
    });
  } catch (error) {
    if (error instanceof StillAtWork) throw quiet(error);
    if (silent) return [];
    const why = error instanceof Error ? error.message : String(error);
    runtime.status.warn(
      undefined,
      `${target}: whether a killed run left its lock ${lock.name} could not be asked: ${why}`,
    );
    return [];
  }
}

function known(state: State, found: Standing[]): Standing[] {
  return found.filter(({ where }) => where.holder !== state.kept?.holder);
}
