/** Breadth-first search over all states: the first violation found has the shortest trace. */
import type { Configuration } from "./configuration";
import type { Violation } from "./invariants";
import type { Rule } from "./rules";
import type { State } from "./state";
import { Visited } from "./visited";
import { World } from "./world";

export interface Result {
  configuration: string;
  states: number;
  steps: number;
  /** How many different trees and clients took part. */
  trees: number;
  clients: number;
  /** The steps that some client came to. */
  reached: string[];
  seconds: number;
  /** Every reachable state was seen. */
  exhausted: boolean;
  violation: Violation | null;
  /** The shortest way to it, one line a step. */
  story: string[];
}

export interface Options {
  without?: readonly Rule[];
  /** Stop here, not exhausted. */
  maxStates?: number;
}

export function explore(k: Configuration, options: Options = {}): Result {
  const began = performance.now();
  const without = new Set(options.without ?? []);
  const world = new World(k, without);
  const visited = new Visited(world.start.length);
  const limit = options.maxStates ?? Infinity;
  visited.add(world.start, -1);
  let violation: Violation | null = null;
  let steps = 0;
  let index = 0;
  /** The state that is wrong, or that a wrong step leads to. */
  const wrong: State[] = [];
  while (index < visited.count && visited.count <= limit) {
    const state = visited.at(index);
    const alive = world.successors(state, (next, broken) => {
      steps++;
      if (violation) return;
      const fresh = visited.add(next, index);
      violation = broken ?? (fresh ? world.judge.judge(next) : null);
      if (violation) wrong.push(next.slice());
    });
    if (!alive && !violation) violation = world.judge.judgeEnd(state);
    if (violation) break;
    index++;
  }
  const path = wrong;
  for (let at = index; violation && at >= 0; at = visited.parentOf(at))
    path.unshift(visited.at(at));
  return {
    configuration: k.name,
    states: visited.count,
    steps,
    ...world.sizes,
    seconds: (performance.now() - began) / 1000,
    exhausted: !violation && index === visited.count,
    violation,
    story: retell(world, new World(k, without, true), path),
  };
}

/** The steps from state to state in words: a world that tells goes the same way. */
function retell(world: World, telling: World, path: readonly State[]) {
  const story: string[] = [];
  let told = telling.start;
  path.slice(1).forEach((target, i) => {
    let ordinal = -1;
    let count = 0;
    const last = i === path.length - 2;
    world.successors(path[i]!, (next, broken) => {
      const same = next.every((value, at) => value === target[at]);
      if (same && (ordinal === -1 || (last && broken))) ordinal = count;
      count++;
    });
    count = 0;
    const from = told;
    telling.successors(from, (next, _, tell) => {
      if (count++ !== ordinal) return;
      told = next.slice();
      story.push(tell());
    });
  });
  if (path.length > 0) story.push(`end: ${telling.judge.tell(told)}`);
  return story;
}
