/** The least inputs of a `LockedAction`. */
export function minimal() {
  return {
    connection: { host: "web3", insecureIgnoreHostKey: true },
    action: { service: "hdfs-datanode" },
    lock: { name: "datanodes", servers: "zk1:2181" },
  };
}

/** A value, put at a path into minimal inputs; undefined takes it out. */
export function withInput(
  path: string,
  value: unknown,
  inputs: Record<string, unknown> = minimal(),
): Record<string, unknown> {
  const keys = path.split(".");
  const last = keys.pop()!;
  let object = inputs;
  for (const key of keys) {
    object[key] ??= {};
    object = object[key] as Record<string, unknown>;
  }
  if (value === undefined) delete object[last];
  else object[last] = value;
  return inputs;
}
