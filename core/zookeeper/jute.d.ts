/** The part of node-zookeeper-client that its types leave out. */
declare module "node-zookeeper-client/lib/jute" {
  type Kind = {
    new (): { specification: { name: string; type: string }[] } & Record<
      string,
      unknown
    >;
    prototype: unknown;
  };
  const jute: {
    data: Record<string, Kind>;
    protocol: Record<string, Kind>;
    TransactionResponse: { new (): object; prototype: unknown };
  };
  export default jute;
}
