import {
  credentials,
  Metadata,
  type ClientUnaryCall,
  type ServiceError,
} from "@grpc/grpc-js";
import { ResourceProviderClient } from "@pulumi/pulumi/proto/provider_grpc_pb";
import * as proto from "@pulumi/pulumi/proto/provider_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import { CHANNEL } from "./channel";
import type { Child } from "./child";
import { plainConfig, type Config } from "./environment";
import { fromServiceError, ProviderFailure } from "./provider-errors";
import { END_GRACE } from "./provider-process";
import type { ResourceState } from "./state";
import { nameOf, typeOf } from "./urn";
import { fromStruct, revealAll, toStruct, type Properties } from "./values";

const CANCEL_WITHIN = 1000;
export interface Diff {
  changes: "none" | "some" | "unknown";
  replaces: string[];
  deleteBeforeReplace: boolean;
}

export interface CheckFailure {
  property: string;
  reason: string;
}

type Callback<T> = (error: ServiceError | null, response: T) => void;

/** The SDK's process for dynamic resources: one for all of them and for one operation. */
export class DynamicProvider {
  private ending: Promise<unknown> | undefined;

  private readonly client: ResourceProviderClient;

  /** @param address what the process has told it listens at */
  constructor(
    private readonly child: Child,
    address: string,
  ) {
    this.client = new ResourceProviderClient(
      address,
      credentials.createInsecure(),
      CHANNEL,
    );
  }

  /** Comes first; the whole config of the stack, secrets in the clear. */
  async configure(config: Config): Promise<void> {
    const request = new proto.ConfigureRequest();
    request.setArgs(toStruct(plainConfig(config)));
    request.setAcceptsecrets(true);
    request.setAcceptresources(true);
    await this.call<proto.ConfigureResponse>("configure", (done) =>
      this.client.configure(request, done),
    );
  }

  async check(urn: string, olds: Properties, news: Properties) {
    const request = new proto.CheckRequest();
    this.address(request, urn);
    request.setOlds(toStruct(revealAll(olds)));
    request.setNews(toStruct(revealAll(news)));
    const response = await this.call<proto.CheckResponse>("check", (done) =>
      this.client.check(request, done),
    );
    return {
      inputs: fromStruct(response.getInputs()),
      failures: response.getFailuresList().map((failure): CheckFailure => ({
        property: failure.getProperty(),
        reason: failure.getReason(),
      })),
    };
  }

  async diff(old: ResourceState, urn: string, news: Properties): Promise<Diff> {
    const request = new proto.DiffRequest();
    this.address(request, urn);
    request.setId(old.id ?? "");
    request.setOlds(toStruct(revealAll(old.outputs)));
    request.setOldInputs(toStruct(revealAll(old.inputs)));
    request.setNews(toStruct(revealAll(news)));
    const response = await this.call<proto.DiffResponse>("diff", (done) =>
      this.client.diff(request, done),
    );
    const { DIFF_NONE, DIFF_SOME } = proto.DiffResponse.DiffChanges;
    const changes = response.getChanges();
    return {
      changes:
        changes === DIFF_NONE
          ? "none"
          : changes === DIFF_SOME
            ? "some"
            : "unknown",
      replaces: response.getReplacesList(),
      deleteBeforeReplace: response.getDeletebeforereplace(),
    };
  }

  async create(urn: string, inputs: Properties) {
    const request = new proto.CreateRequest();
    this.address(request, urn);
    request.setProperties(toStruct(revealAll(inputs)));
    const response = await this.call<proto.CreateResponse>("create", (done) =>
      this.client.create(request, done),
    );
    const id = response.getId();
    if (id === "")
      throw new ProviderFailure("the provider's create answered without an id");
    return { id, outputs: fromStruct(response.getProperties()) };
  }

  async update(old: ResourceState, urn: string, news: Properties) {
    const request = new proto.UpdateRequest();
    this.address(request, urn);
    request.setId(old.id ?? "");
    request.setOlds(toStruct(revealAll(old.outputs)));
    request.setOldInputs(toStruct(revealAll(old.inputs)));
    request.setNews(toStruct(revealAll(news)));
    const response = await this.call<proto.UpdateResponse>("update", (done) =>
      this.client.update(request, done),
    );
    return fromStruct(response.getProperties());
  }

  /** Undefined: the resource is no longer there. */
  async read(old: ResourceState) {
    const request = new proto.ReadRequest();
    this.address(request, old.urn);
    request.setId(old.id ?? "");
    request.setProperties(toStruct(revealAll(old.outputs)));
    request.setInputs(toStruct(revealAll(old.inputs)));
    const response = await this.call<proto.ReadResponse>("read", (done) =>
      this.client.read(request, done),
    );
    if (response.getId() === "") return undefined;
    return {
      id: response.getId(),
      outputs: fromStruct(response.getProperties()),
      inputs: response.hasInputs()
        ? fromStruct(response.getInputs())
        : undefined,
    };
  }

  async delete(old: ResourceState): Promise<void> {
    const request = new proto.DeleteRequest();
    this.address(request, old.urn);
    request.setId(old.id ?? "");
    request.setProperties(toStruct(revealAll(old.outputs)));
    request.setOldInputs(toStruct(revealAll(old.inputs)));
    await this.call<Empty>("delete", (done) =>
      this.client.delete(request, done),
    );
  }

  /** Asks it to give up what it is doing; a dynamic provider takes no notice. */
  async cancel(): Promise<void> {
    if (this.ending || this.child.exited) return;
    const deadline = Date.now() + CANCEL_WITHIN;
    await new Promise<void>((resolve) =>
      this.client.cancel(new Empty(), new Metadata(), { deadline }, () =>
        resolve(),
      ),
    );
  }

  /** Ends its process group. Calls that still run fail. */
  end(): Promise<unknown> {
    this.client.close();
    return (this.ending ??= this.child.end(END_GRACE));
  }

  private address(
    request: { setUrn(v: string): unknown } & {
      setName(v: string): unknown;
      setType(v: string): unknown;
    },
    urn: string,
  ): void {
    request.setUrn(urn);
    request.setName(nameOf(urn));
    request.setType(typeOf(urn));
  }

  // No deadline: nobody but the provider knows how long its act may take.
  private call<T>(
    method: string,
    start: (done: Callback<T>) => ClientUnaryCall,
  ): Promise<T> {
    return new Promise((resolve, reject) =>
      start((error, response) =>
        error ? reject(fromServiceError(error, method)) : resolve(response),
      ),
    );
  }
}
