import { hostname, userInfo } from "node:os";

let known: string | undefined;

/** `user@machine`, as locks and their history name who acts. Asked once: the directory of users may be far away. */
export function whoWeAre(): string {
  known ??= `${user()}@${hostname()}`;
  return known;
}

/** Containers often run under a number that no user has. */
function user(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid-${process.getuid?.()}`;
  }
}
