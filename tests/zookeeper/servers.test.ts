import { expect } from "chai";
import {
  describeServersProblem,
  parseServers,
} from "../../core/zookeeper/servers";

describe("a list of ZooKeeper servers", () => {
  for (const [text, hosts, chroot] of [
    ["zk1", [["zk1", 2181]], ""],
    ["zk1:2182", [["zk1", 2182]], ""],
    [
      " zk1:1 , 10.0.0.7:65535 ",
      [
        ["zk1", 1],
        ["10.0.0.7", 65535],
      ],
      "",
    ],
    ["zk1.example.:2181/", [["zk1.example.", 2181]], ""],
    [
      "zk1,zk2/app/locks",
      [
        ["zk1", 2181],
        ["zk2", 2181],
      ],
      "/app/locks",
    ],
    ["zk1/app/", [["zk1", 2181]], "/app"],
  ] as [string, [string, number][], string][])
    it(`is read: "${text}"`, () => {
      const servers = parseServers(text);
      expect(servers.hosts).to.deep.equal(
        hosts.map(([host, port]) => ({ host, port })),
      );
      expect(servers.chroot).to.equal(chroot);
    });

  it("has one spelling: the same quorum is the same text", () => {
    expect(parseServers("ZK2:2181, zk1,zk1/a/").text).to.equal(
      parseServers("zk1:2181,zk2/a").text,
    );
    expect(parseServers("zk1/a").text).not.to.equal(parseServers("zk1/b").text);
  });

  // what the library would take for another server, or die of
  for (const [text, problem] of Object.entries({
    "": "expected at least one host:port, got none",
    ",": "server 1: expected host:port, got nothing between commas",
    "zk1,,zk2": "server 2: expected host:port, got nothing between commas",
    "/app": "expected at least one host:port, got none",
    "zk://zk1:2181": "expected host:port, got a URL",
    "zk1:abc": "server 1: expected a port from 1 to 65535 after the colon",
    "zk1:": "server 1: expected a port from 1 to 65535 after the colon",
    "zk1:0": "server 1: expected a port from 1 to 65535 after the colon",
    "zk1:99999": "server 1: expected a port from 1 to 65535 after the colon",
    "[::1]:2181":
      "server 1: expected host:port, got an IPv6 address (give a name that resolves to it)",
    "::1":
      "server 1: expected host:port, got an IPv6 address (give a name that resolves to it)",
    "zk 1": "server 1: expected a host name or an IPv4 address",
    "zk1/a//b":
      "expected a chroot like /app/locks, got empty or relative names in it",
    "zk1/a/../b":
      "expected a chroot like /app/locks, got empty or relative names in it",
    "zk1:2181/a,zk2:2181/a": "expected one chroot after the last server",
  }))
    it(`is refused: "${text}"`, () => {
      expect(describeServersProblem(text)).to.equal(problem);
      expect(() => parseServers(text)).to.throw(
        `ZooKeeper servers: ${problem}`,
      );
    });
});
