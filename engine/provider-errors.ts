import { status, type ServiceError } from "@grpc/grpc-js";
import { ErrorResourceInitFailed } from "@pulumi/pulumi/proto/provider_pb";
import { Status } from "@pulumi/pulumi/proto/status_pb";
import { fromStruct, type Properties } from "./values";

/** The act happened, but not wholly: what there is now is to be recorded, with the reasons. */
export class PartialFailure extends Error {
  constructor(
    readonly id: string,
    readonly properties: Properties,
    readonly reasons: string[],
  ) {
    super(reasons.join("\n"));
  }
}

/** The provider answered with an error, or was gone before it answered. */
export class ProviderFailure extends Error {}

export function fromServiceError(error: ServiceError, method: string): Error {
  const partial = partialFailure(error);
  if (partial) return partial;
  if (error.code === status.UNAVAILABLE || error.code === status.CANCELLED)
    return new ProviderFailure(
      `the provider ended before it answered ${method}`,
      { cause: error },
    );
  return new ProviderFailure(error.details || error.message, { cause: error });
}

function partialFailure(error: ServiceError): PartialFailure | undefined {
  const [packed] = error.metadata?.get("grpc-status-details-bin") ?? [];
  if (!(packed instanceof Buffer)) return undefined;
  for (const detail of Status.deserializeBinary(packed).getDetailsList()) {
    const found = detail.unpack(
      (bytes) => ErrorResourceInitFailed.deserializeBinary(bytes),
      "pulumirpc.ErrorResourceInitFailed",
    );
    if (!found) continue;
    const reasons = found.getReasonsList();
    return new PartialFailure(
      found.getId(),
      fromStruct(found.getProperties()),
      reasons.length > 0 ? reasons : ["resource init failed"],
    );
  }
  return undefined;
}
