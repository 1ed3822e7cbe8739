// What the SDK allows on its side.
const MAX_MESSAGE = 400 * 1024 * 1024;

/** Options of all our gRPC clients and servers. */
export const CHANNEL = {
  "grpc.max_receive_message_length": MAX_MESSAGE,
  "grpc.max_send_message_length": MAX_MESSAGE,
  "grpc.enable_http_proxy": 0,
};
