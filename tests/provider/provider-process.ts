import * as grpc from "@grpc/grpc-js";
import {
  EngineService,
  type IEngineServer,
} from "@pulumi/pulumi/proto/engine_grpc_pb";
import type { LogRequest } from "@pulumi/pulumi/proto/engine_pb";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { fromServiceError } from "../../engine/provider-errors";
import { fromStruct, toStruct, type Properties } from "../../engine/values";
import { LATE_MODULES } from "../support/project";
import type { Sandbox } from "../support/sandbox";
import { TYPESCRIPT } from "../support/typescript";

export type { Properties };

/** The text that stands in every state. */
export const PROVIDER =
  'exports.handler = () => require("pulumi-locked-action/provider").lockedAction';

export interface LogLine {
  urn: string;
  message: string;
  ephemeral: boolean;
}

type Callback<T> = (error: grpc.ServiceError | null, response: T) => void;

/** The SDK's own process for dynamic resources, with our provider in it, run from its source. */
export class ProviderProcess {
  private constructor(
    readonly child: ChildProcess,
    private readonly client: ResourceProviderClient,
    private readonly engine: grpc.Server,
    readonly log: LogLine[],
  ) {}

  static async start(
    sandbox: Sandbox,
    config: Record<string, string> = {},
    env: Record<string, string> = {},
  ): Promise<ProviderProcess> {
    const log: LogLine[] = [];
    const { server, address } = await startEngine(log);
    const child = sandbox.spawn(
      process.execPath,
      [require.resolve("@pulumi/pulumi/cmd/dynamic-provider"), address],
      {
        cwd: projectDir(sandbox),
        env: {
          ...process.env,
          PULUMI_NODEJS_PROJECT: "project",
          NODE_OPTIONS: LATE_MODULES,
          ...env,
        },
        stdio: ["pipe", "pipe", "inherit"],
      },
    );
    const [line] = (await once(child.stdout!, "data")) as [Buffer];
    child.stdout!.resume();
    const client = new ResourceProviderClient(
      `127.0.0.1:${String(line).trim()}`,
      grpc.credentials.createInsecure(),
    );
    const provider = new ProviderProcess(child, client, server, log);
    const request = new proto.ConfigureRequest();
    request.setArgs(toStruct(config));
    await provider.call<proto.ConfigureResponse>("configure", (done) =>
      client.configure(request, done),
    );
    return provider;
  }

  async check(news: Properties, olds: Properties = {}) {
    const request = new proto.CheckRequest();
    request.setOlds(toStruct(olds));
    request.setNews(toStruct({ __provider: PROVIDER, ...news }));
    const response = await this.call<proto.CheckResponse>("check", (done) =>
      this.client.check(request, done),
    );
    return {
      inputs: fromStruct(response.getInputs()),
      failures: response.getFailuresList().map((f) => f.toObject()),
    };
  }

  async diff(olds: Properties, news: Properties): Promise<boolean> {
    const request = new proto.DiffRequest();
    request.setId("id");
    request.setOlds(toStruct(olds));
    request.setNews(toStruct({ __provider: PROVIDER, ...news }));
    const response = await this.call<proto.DiffResponse>("diff", (done) =>
      this.client.diff(request, done),
    );
    return response.getChanges() === proto.DiffResponse.DiffChanges.DIFF_SOME;
  }

  async create(news: Properties): Promise<Properties> {
    const request = new proto.CreateRequest();
    request.setProperties(toStruct({ __provider: PROVIDER, ...news }));
    const response = await this.call<proto.CreateResponse>("create", (done) =>
      this.client.create(request, done),
    );
    return fromStruct(response.getProperties());
  }

  async update(olds: Properties, news: Properties): Promise<Properties> {
    const request = new proto.UpdateRequest();
    request.setId("id");
    request.setOlds(toStruct(olds));
    request.setNews(toStruct({ __provider: PROVIDER, ...news }));
    const response = await this.call<proto.UpdateResponse>("update", (done) =>
      this.client.update(request, done),
    );
    return fromStruct(response.getProperties());
  }

  async delete(olds: Properties): Promise<void> {
    const request = new proto.DeleteRequest();
    request.setId("id");
    request.setProperties(toStruct(olds));
    await this.call<Empty>("delete", (done) =>
      this.client.delete(request, done),
    );
  }

  /** What was shown beside a resource. */
  shown(urn: string): string[] {
    return this.log.filter((line) => line.urn === urn).map((l) => l.message);
  }

  /** Resolves when the process has ended; at once if it has. */
  async ended(): Promise<number | null> {
    const { child } = this;
    if (child.exitCode === null && child.signalCode === null)
      await once(child, "exit");
    return child.exitCode;
  }

  /** As an operation ends. */
  async stop(): Promise<void> {
    this.child.kill("SIGINT");
    await this.ended();
    this.close();
  }

  close(): void {
    this.client.close();
    this.engine.forceShutdown();
  }

  private call<T>(
    method: string,
    start: (done: Callback<T>) => grpc.ClientUnaryCall,
  ): Promise<T> {
    return new Promise((resolve, reject) =>
      start((error, response) =>
        error ? reject(fromServiceError(error, method)) : resolve(response),
      ),
    );
  }
}

/** A program's directory in which our package is installed, as a file that loads its source. */
function projectDir(sandbox: Sandbox): string {
  const dir = path.join(sandbox.dir, "program");
  const installed = path.join(dir, "node_modules", "pulumi-locked-action");
  fs.mkdirSync(installed, { recursive: true });
  const source = path.resolve(__dirname, "../../provider/index.ts");
  fs.writeFileSync(
    path.join(installed, "provider.js"),
    `require(${JSON.stringify(TYPESCRIPT)});
module.exports = require(${JSON.stringify(source)});
`,
  );
  return dir;
}

/** Of the engine only the log. */
async function startEngine(log: LogLine[]) {
  const server = new grpc.Server();
  const answer = (
    { request }: grpc.ServerUnaryCall<LogRequest, Empty>,
    done: grpc.sendUnaryData<Empty>,
  ) => {
    const { urn, message, ephemeral } = request.toObject();
    log.push({ urn, message, ephemeral });
    done(null, new Empty());
  };
  server.addService(
    EngineService as grpc.ServiceDefinition<IEngineServer>,
    { log: answer } as unknown as IEngineServer,
  );
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync(
      "127.0.0.1:0",
      grpc.ServerCredentials.createInsecure(),
      (error, bound) => (error ? reject(error) : resolve(bound)),
    ),
  );
  return { server, address: `127.0.0.1:${port}` };
}
