/** What the command ends with. Scripts rely on it: a number never changes its meaning. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  notFound: 3,
  notGot: 4,
  unreachable: 5,
  refused: 6,
} as const;

/** As shells number them. */
export const SIGNALS = {
  SIGHUP: 1,
  SIGINT: 2,
  SIGQUIT: 3,
  SIGPIPE: 13,
  SIGTERM: 15,
};

export const EXIT_CODES = `
Exit codes:
  0    done
  1    failed: a check of doctor, a lock that was lost while it was held, a defect
  2    usage: an unknown option, a missing argument, a wrong value
  3    there is no such lock, or no such holder
  4    the lock was not got or not free in time, is blocked, or is on hold
  5    ZooKeeper is not reachable, or did not confirm: the outcome is in doubt
  6    refused: a live holder, a slot in use, other limits, no permission, no consent
  128+N  ended by signal N (130: Ctrl-C)
  "run" ends with the exit code of its command once the command has begun.`;
