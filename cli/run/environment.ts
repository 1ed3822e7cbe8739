/** Credentials of ZooKeeper: the command does not get them unless it is asked for. */
const CREDENTIALS = ["LOCKED_ACTION_AUTH", "LOCKED_ACTION_ZOOKEEPER_AUTH"];

/** What the command finds in its environment. */
export function environmentOf(
  ours: NodeJS.ProcessEnv,
  { passAuth = false }: { passAuth?: boolean },
  facts: Record<string, string>,
): NodeJS.ProcessEnv {
  const environment = { ...ours, ...facts };
  if (!passAuth) for (const name of CREDENTIALS) delete environment[name];
  return environment;
}
