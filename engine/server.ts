import {
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type UntypedServiceImplementation,
} from "@grpc/grpc-js";
import { CHANNEL } from "./channel";

/** A service on a port that the kernel gives, for the processes of one operation. */
export interface RunningServer {
  address: string;
  stop(): void;
}

export async function startServer(
  service: ServiceDefinition,
  implementation: UntypedServiceImplementation,
): Promise<RunningServer> {
  const server = new Server(CHANNEL);
  server.addService(service, implementation);
  const port = await new Promise<number>((resolve, reject) =>
    server.bindAsync(
      "127.0.0.1:0",
      ServerCredentials.createInsecure(),
      (error, bound) => (error ? reject(error) : resolve(bound)),
    ),
  );
  return {
    address: `127.0.0.1:${port}`,
    // Whoever could still call is a process that has been ended.
    stop: () => server.forceShutdown(),
  };
}
