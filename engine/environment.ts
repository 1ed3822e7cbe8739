import type { Project } from "./project";

export type Config = Record<string, { value: string; secret?: boolean }>;

/** What the program and the provider find in their environment. */
export function childEnvironment(
  project: Project,
  stack: { project: string; stack: string },
  config: Config,
  extra: Record<string, string>,
): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(
    // Of an operation we may be part of ourselves; TRACEPARENT switches tracing on.
    ([name]) => !name.startsWith("PULUMI_") && name !== "TRACEPARENT",
  );
  return {
    ...Object.fromEntries(inherited),
    // Calls between the three processes never leave this machine.
    no_grpc_proxy: "127.0.0.1,localhost",
    PULUMI_NODEJS_PROJECT: stack.project,
    PULUMI_NODEJS_STACK: stack.stack,
    PULUMI_NODEJS_TYPESCRIPT: String(project.typescript),
    PULUMI_CONFIG: JSON.stringify(plainConfig(config)),
    PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(secretKeys(config)),
    ...extra,
  };
}

export const plainConfig = (config: Config): Record<string, string> =>
  Object.fromEntries(
    Object.entries(config).map(([key, { value }]) => [key, value]),
  );

const secretKeys = (config: Config): string[] =>
  Object.entries(config)
    .filter(([, { secret }]) => secret)
    .map(([key]) => key);

/** `key` is `project:key`, as for `pulumi config set`. */
export const withNamespaces = (config: Config, project: string): Config =>
  Object.fromEntries(
    Object.entries(config).map(([key, entry]) => [
      key.includes(":") ? key : `${project}:${key}`,
      entry,
    ]),
  );
