import type { Member, RollRules, Stage } from "./types";

/** Members that may be at work beside each other; the next wave begins when all of them have ended. */
export interface Wave {
  canary: boolean;
  members: Member[];
}

const STAGES: Stage[] = ["holder", "repair", "rest"];

/**
 * The canaries, then the others; of either those first that hold the lock already, then the broken, then
 * the rest, each to its end. Where one group is taken at a time, a wave has members of one group only,
 * in the order the groups appear.
 */
export function wavesOf(members: Member[], rules: RollRules): Wave[] {
  return [true, false].flatMap((canary) =>
    STAGES.flatMap((stage) => {
      const own = members.filter(
        (member) =>
          member.stage === stage && (member.canary ?? false) === canary,
      );
      return split(own, rules).map((wave) => ({ canary, members: wave }));
    }),
  );
}

/** In the order in which they come. */
export function inOrder(members: Member[]): Member[] {
  return STAGES.flatMap((stage) =>
    members.filter((member) => member.stage === stage),
  );
}

function split(members: Member[], rules: RollRules): Member[][] {
  if (members.length === 0) return [];
  const groups = [...groupsOf(members).values()];
  // beside each other, so that a group that was begun is also finished
  return rules.oneGroupAtATime ? groups : [groups.flat()];
}

function groupsOf(members: Member[]): Map<string, Member[]> {
  const groups = new Map<string, Member[]>();
  for (const member of members) {
    const group = groups.get(member.group);
    if (group) group.push(member);
    else groups.set(member.group, [member]);
  }
  return groups;
}
