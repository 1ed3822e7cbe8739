import { EngineService } from "@pulumi/pulumi/proto/engine_grpc_pb";
import path from "node:path";
import type { Child } from "../../engine/child";
import { DynamicProvider } from "../../engine/dynamic-provider";
import { engineService } from "../../engine/engine-service";
import { childEnvironment } from "../../engine/environment";
import { readProject } from "../../engine/project";
import { startProviderProcess } from "../../engine/provider-process";
import { startServer } from "../../engine/server";
import type { Properties } from "../../engine/values";
import { makeProject } from "../../tests/support/project";
import type { Ground } from "./ground";

const TEXT =
  'exports.handler = () => require("pulumi-locked-action/provider").lockedAction';
const MEMORY = /^memory (\d+)$/;

/** The process that Pulumi starts for dynamic resources, with the package in it as it is published. */
export interface Provider {
  child: Child;
  create(name: string, inputs: Properties): Promise<unknown>;
  /** Bytes that stay in memory when its garbage is collected. */
  memory(): Promise<number>;
  close(): void;
}

/** Starts such processes. */
export async function makeProvider({
  bench,
  settings,
}: Ground): Promise<() => Promise<Provider>> {
  const { sandbox } = bench;
  const name = { project: "waiting", stack: "bench" };
  const made = await makeProject(sandbox, {
    ...{ name: name.project, program: "", withPackage: true },
  });
  const project = readProject(made.dir);
  const servers = "locked-action:zookeeperServers";
  const config = { [servers]: { value: String(settings.config[servers]) } };
  const preload = path.join(__dirname, "tell-memory.cjs");
  const env = childEnvironment(project, name, config, {
    ...sandbox.env,
    NODE_OPTIONS: `--expose-gc --require ${preload}`,
  });
  return async () => {
    let told: (bytes: number) => void = () => {};
    const service = engineService((event) => {
      if (event.type === "diagnostic" && event.severity === "error")
        bench.progress(event.message);
    });
    const server = await startServer(EngineService, service);
    const { child, address } = await startProviderProcess(
      ...([project, server.address, env] as const),
      (event) => {
        const [, bytes] =
          (event.type === "diagnostic" && MEMORY.exec(event.message)) || [];
        if (bytes) told(Number(bytes));
      },
    );
    const provider = new DynamicProvider(child, address);
    await provider.configure(config);
    return {
      child,
      async create(name, inputs) {
        const urn = `urn:pulumi:bench::waiting::pulumi-nodejs:dynamic:LockedAction::${name}`;
        const news = { ...inputs, __urn: urn, __provider: TEXT };
        const checked = await provider.check(urn, {}, news);
        const [wrong] = checked.failures;
        if (wrong) throw new Error(wrong.reason);
        return provider.create(urn, checked.inputs);
      },
      memory: () =>
        new Promise((resolve) => {
          told = resolve;
          child.signal("SIGUSR2");
        }),
      close: () => {
        void provider.end();
        server.stop();
      },
    };
  };
}
