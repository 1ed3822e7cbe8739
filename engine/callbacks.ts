import { credentials } from "@grpc/grpc-js";
import { CallbacksClient } from "@pulumi/pulumi/proto/callback_grpc_pb";
import {
  CallbackInvokeRequest,
  type Callback,
} from "@pulumi/pulumi/proto/callback_pb";
import { CHANNEL } from "./channel";

/** The program's functions that it has told us of. */
export class Callbacks {
  private readonly clients = new Map<string, CallbacksClient>();

  /** @throws if the program is gone */
  invoke(callback: Callback, asked: Uint8Array): Promise<Uint8Array> {
    const request = new CallbackInvokeRequest();
    request.setToken(callback.getToken());
    request.setRequest(asked);
    const client = this.client(callback.getTarget());
    return new Promise((resolve, reject) =>
      client.invoke(request, (error, response) =>
        error
          ? reject(new Error(error.details || error.message))
          : resolve(response.getResponse_asU8()),
      ),
    );
  }

  close(): void {
    for (const client of this.clients.values()) client.close();
  }

  private client(target: string): CallbacksClient {
    const known = this.clients.get(target);
    if (known) return known;
    const insecure = credentials.createInsecure();
    const client = new CallbacksClient(target, insecure, CHANNEL);
    this.clients.set(target, client);
    return client;
  }
}
