import {
  status,
  type sendUnaryData,
  type ServerUnaryCall,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import * as proto from "@pulumi/pulumi/proto/resource_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { Goal } from "./goal";
import { goalOf } from "./goal";
import { fromStruct, toStruct, type Properties } from "./values";
import type { ResourceState } from "./state";

export interface Registrations {
  register(goal: Goal): Promise<ResourceState>;
  registerOutputs(urn: string, outputs: Properties): void;
  /** The program has registered all it wants; resolves when it may end. */
  finish(): Promise<void>;
  /** Tells the user; what the program is answered is the same whatever went wrong. */
  failed(error: unknown, name: string): void;
}

type Call<Request> = ServerUnaryCall<Request, unknown>;

/** The service a program registers its resources with. */
export function monitorService(
  to: Registrations,
): UntypedServiceImplementation {
  const answer = <Response>(
    done: sendUnaryData<Response>,
    name: string,
    work: Promise<Response>,
  ) =>
    void work.then(
      (response) => done(null, response),
      (error: unknown) => {
        to.failed(error, name);
        // Told so, the SDK ends the program without another word.
        done({
          code: status.UNAVAILABLE,
          details: "resource monitor shut down",
        });
      },
    );
  const refused = (what: string) => (_: unknown, done: sendUnaryData<Empty>) =>
    done({
      code: status.UNIMPLEMENTED,
      details: `${what} is not supported by this engine`,
    });
  return {
    supportsFeature(
      call: Call<proto.SupportsFeatureRequest>,
      done: sendUnaryData<proto.SupportsFeatureResponse>,
    ) {
      const response = new proto.SupportsFeatureResponse();
      // Without the others the SDK sends aliases as URNs and resources as their
      // ids, and refuses by itself hooks, transforms, deletedWith, replaceWith.
      response.setHassupport(call.request.getId() === "secrets");
      done(null, response);
    },
    registerResource(
      call: Call<proto.RegisterResourceRequest>,
      done: sendUnaryData<proto.RegisterResourceResponse>,
    ) {
      answer(done, call.request.getName(), register(to, call.request));
    },
    registerResourceOutputs(
      call: Call<proto.RegisterResourceOutputsRequest>,
      done: sendUnaryData<Empty>,
    ) {
      const urn = call.request.getUrn();
      const outputs = fromStruct(call.request.getOutputs());
      const work = Promise.resolve().then(() => {
        to.registerOutputs(urn, outputs);
        return new Empty();
      });
      answer(done, urn, work);
    },
    signalAndWaitForShutdown(_: Call<Empty>, done: sendUnaryData<Empty>) {
      answer(
        done,
        "the program's end",
        to.finish().then(() => new Empty()),
      );
    },
    invoke: refused("calling a provider's function"),
    call: refused("calling a resource's method"),
    readResource: refused("reading an existing resource"),
    registerPackage: refused("a parameterized provider"),
    registerStackTransform: refused("a transform"),
    registerStackInvokeTransform: refused("a transform"),
    registerResourceHook: refused("a resource hook"),
    registerErrorHook: refused("an error hook"),
  };
}

async function register(
  to: Registrations,
  request: proto.RegisterResourceRequest,
): Promise<proto.RegisterResourceResponse> {
  const done = await to.register(goalOf(request));
  const response = new proto.RegisterResourceResponse();
  response.setUrn(done.urn);
  if (done.custom && done.id) response.setId(done.id);
  response.setObject(toStruct(done.custom ? done.outputs : {}));
  return response;
}
