import type {
  sendUnaryData,
  ServerUnaryCall,
  UntypedServiceImplementation,
} from "@grpc/grpc-js";
import * as proto from "@pulumi/pulumi/proto/engine_pb";
import { Empty } from "google-protobuf/google/protobuf/empty_pb";
import type { Emit, Severity } from "./events";

type Call<Request> = ServerUnaryCall<Request, unknown>;

const severities = new Map<proto.LogSeverity, Severity>([
  // Not DEBUG: the SDK's debug messages have secrets in plain text.
  [proto.LogSeverity.INFO, "info"],
  [proto.LogSeverity.WARNING, "warning"],
  [proto.LogSeverity.ERROR, "error"],
]);

/** The service that takes what program and providers want a user to read. */
export function engineService(emit: Emit): UntypedServiceImplementation {
  let root = "";
  return {
    log(call: Call<proto.LogRequest>, done: sendUnaryData<Empty>) {
      const severity = severities.get(call.request.getSeverity());
      const urn = call.request.getUrn();
      if (severity)
        emit({
          type: "diagnostic",
          severity,
          message: call.request.getMessage(),
          ephemeral: call.request.getEphemeral(),
          ...(urn === "" ? {} : { urn }),
        });
      done(null, new Empty());
    },
    setRootResource(
      call: Call<proto.SetRootResourceRequest>,
      done: sendUnaryData<proto.SetRootResourceResponse>,
    ) {
      root = call.request.getUrn();
      done(null, new proto.SetRootResourceResponse());
    },
    getRootResource(
      _: Call<proto.GetRootResourceRequest>,
      done: sendUnaryData<proto.GetRootResourceResponse>,
    ) {
      const response = new proto.GetRootResourceResponse();
      response.setUrn(root);
      done(null, response);
    },
  };
}
