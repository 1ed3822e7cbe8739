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

/** What a program asks for. What fails has been told when it fails. */
export interface Registrations {
  register(goal: Goal): Promise<ResourceState>;
  registerOutputs(urn: string, outputs: Properties): void;
  registerHook(request: proto.RegisterResourceHookRequest): void;
  registerErrorHook(request: proto.RegisterErrorHookRequest): void;
  /** The program has registered all it wants; resolves when it may end. */
  finish(): Promise<void>;
  /** The program asks for what can't be; `name` says of what. */
  refuse(error: unknown, name: string): void;
}

// Without the others the SDK sends resources as their ids, and refuses by itself
// transforms, deletedWith, replaceWith.
const FEATURES = new Set([
  ...["secrets", "aliasSpecs", "resourceHooks", "errorHooks"],
]);

type Call<Request> = ServerUnaryCall<Request, unknown>;

/** The service a program registers its resources with. */
export function monitorService(
  to: Registrations,
): UntypedServiceImplementation {
  const refused = (what: string) => (_: unknown, done: sendUnaryData<Empty>) =>
    done({
      code: status.UNIMPLEMENTED,
      details: `${what} is not supported by this engine`,
    });
  const hook =
    <Request extends { getName(): string }>(
      register: (request: Request) => void,
    ) =>
    ({ request }: Call<Request>, done: sendUnaryData<Empty>) => {
      try {
        register(request);
        done(null, new Empty());
      } catch (error) {
        to.refuse(error, request.getName());
        done(REFUSED);
      }
    };
  return {
    supportsFeature(
      call: Call<proto.SupportsFeatureRequest>,
      done: sendUnaryData<proto.SupportsFeatureResponse>,
    ) {
      const response = new proto.SupportsFeatureResponse();
      response.setHassupport(FEATURES.has(call.request.getId()));
      done(null, response);
    },
    registerResource(
      call: Call<proto.RegisterResourceRequest>,
      done: sendUnaryData<proto.RegisterResourceResponse>,
    ) {
      let goal: Goal;
      try {
        goal = goalOf(call.request);
      } catch (error) {
        to.refuse(error, call.request.getName());
        return done(REFUSED);
      }
      answer(done, to.register(goal).then(registered));
    },
    registerResourceOutputs(
      call: Call<proto.RegisterResourceOutputsRequest>,
      done: sendUnaryData<Empty>,
    ) {
      const urn = call.request.getUrn();
      const outputs = fromStruct(call.request.getOutputs());
      to.registerOutputs(urn, outputs);
      done(null, new Empty());
    },
    signalAndWaitForShutdown(_: Call<Empty>, done: sendUnaryData<Empty>) {
      answer(
        done,
        to.finish().then(() => new Empty()),
      );
    },
    invoke: refused("calling a provider's function"),
    call: refused("calling a resource's method"),
    readResource: refused("reading an existing resource"),
    registerPackage: refused("a parameterized provider"),
    registerStackTransform: refused("a transform"),
    registerStackInvokeTransform: refused("a transform"),
    registerResourceHook: hook<proto.RegisterResourceHookRequest>((request) =>
      to.registerHook(request),
    ),
    registerErrorHook: hook<proto.RegisterErrorHookRequest>((request) =>
      to.registerErrorHook(request),
    ),
  };
}

// Told so, the SDK ends the program without another word.
const REFUSED = {
  code: status.UNAVAILABLE,
  details: "the engine takes no more registrations",
};

function answer<T>(done: sendUnaryData<T>, work: Promise<T>): void {
  work.then(
    (response) => done(null, response),
    () => done(REFUSED),
  );
}

function registered(made: ResourceState): proto.RegisterResourceResponse {
  const response = new proto.RegisterResourceResponse();
  response.setUrn(made.urn);
  if (made.custom && made.id) response.setId(made.id);
  response.setObject(toStruct(made.custom ? made.outputs : {}));
  return response;
}
