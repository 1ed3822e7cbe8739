import { expect } from "chai";
import { createClient } from "node-zookeeper-client";
import { ACLS, internals, modeOf } from "../../core/zookeeper/client";
import jute from "node-zookeeper-client/lib/jute";
import {
  check,
  create,
  remove,
  set,
  type Operation,
} from "../../core/zookeeper/operations";
import {
  accessList,
  TransactionRequest,
} from "../../core/zookeeper/quick-transactions";

import { original } from "./original-jute";

interface Bytes {
  header: { xid: number };
  toBuffer(): Buffer;
}

/** The library's own request for the same operations. */
function byLibrary(operations: readonly Operation[]): Bytes {
  const client = createClient("127.0.0.1:1");
  const transaction = client.transaction();
  for (const operation of operations) {
    const { path } = operation;
    switch (operation.kind) {
      case "check":
        transaction.check(path, operation.version);
        break;
      case "create":
        transaction.create(
          path,
          operation.data,
          ACLS.own,
          modeOf(operation.mode),
        );
        break;
      case "set":
        transaction.setData(path, operation.data, operation.version);
        break;
      case "delete":
        transaction.remove(path, operation.version);
        break;
    }
  }
  transaction.commit(() => {});
  const [packet] = internals(client).packetQueue.queue as { request: Bytes }[];
  return packet!.request;
}

const auth = accessList([{ permissions: 31, scheme: "auth", id: "" }]);

function ours(operations: readonly Operation[], prefix = ""): Bytes {
  return new TransactionRequest(prefix, operations, ({ mode }) => ({
    acl: auth,
    flags: modeOf(mode),
  }));
}

const text = Buffer.from("grün, €, 𝄞");

describe("a transaction as it is sent", () => {
  const cases: Record<string, Operation[]> = {
    "of nothing": [],
    "of each kind": [
      check("guard", "/a", 7),
      create("node", "/a/b", text, "ephemeralSequential"),
      set("data", "/a/b", text, 3),
      remove("old", "/a/c", 12),
    ],
    "of any version and of no data": [
      check("guard", "/a"),
      create("node", "/a/b"),
      set("data", "/a/b", Buffer.alloc(0)),
      remove("old", "/a/c"),
    ],
    "of paths that are not ASCII": [
      check("guard", "/grün/€/𝄞"),
      create("node", `/${"𝄞".repeat(200)}`, Buffer.alloc(5000, 1)),
    ],
    "of many": Array.from({ length: 300 }, (_, i) =>
      create(`node ${i}`, `/many/${i}`, text, "persistent"),
    ),
  };
  for (const [name, operations] of Object.entries(cases))
    it(`${name} has the library's bytes`, () => {
      const [own, theirs] = [ours(operations), byLibrary(operations)];
      own.header.xid = theirs.header.xid = 77;
      expect(own.toBuffer().toString("hex")).to.equal(
        theirs.toBuffer().toString("hex"),
      );
    });

  it("has the chroot before each path", () => {
    const below = ours([check("guard", "/a"), create("node", "/b")], "/app");
    const whole = ours([check("guard", "/app/a"), create("node", "/app/b")]);
    expect(below.toBuffer().equals(whole.toBuffer())).to.equal(true);
  });
});

describe("the answer to a transaction", () => {
  type Part = Record<string, unknown> & {
    byteLength(): number;
    serialize(frame: Buffer, at: number): number;
  };
  const record = (name: string, fields: object): Part =>
    Object.assign(new original.protocol[name]!() as unknown as Part, fields);
  const head = (type: number, done = false): Part =>
    record("MultiHeader", { type, done, err: -1 });
  const long = Buffer.from([0, 0, 0, 0, 0, 0, 1, 2]);
  const stat = Object.assign(new original.data.Stat!(), {
    ...{ czxid: long, mzxid: long, ctime: long, mtime: long, pzxid: long },
    ...{ version: 3, cversion: 4, aversion: 5, dataLength: 6, numChildren: 7 },
    ephemeralOwner: long,
  });

  function frameOf(parts: Part[]): Buffer {
    const frame = Buffer.alloc(
      parts.reduce((sum, part) => sum + part.byteLength(), 3),
    );
    let at = 3;
    for (const part of parts) at += part.serialize(frame, at);
    return frame;
  }

  const plain = (value: unknown): unknown =>
    JSON.parse(
      JSON.stringify(value, (key, each: unknown) =>
        key === "specification" || key === "chrootPath" ? undefined : each,
      ),
    );

  const answers: Record<string, Part[]> = {
    "of one that was carried out": [
      head(13),
      ...[head(1), record("CreateResponse", { path: "/grün/€" })],
      ...[head(5), record("SetDataResponse", { stat })],
      head(2),
      head(-1, true),
    ],
    "of one that was refused": [
      ...[head(-1), record("ErrorResponse", { err: 0 })],
      ...[head(-1), record("ErrorResponse", { err: -103 })],
      ...[head(-1), record("ErrorResponse", { err: -2 })],
      head(-1, true),
    ],
    "of one of nothing": [head(-1, true)],
  };
  for (const [name, parts] of Object.entries(answers))
    it(`${name} is read as the library reads it`, () => {
      const frame = frameOf(parts);
      const [own, theirs] = [jute, original].map((kind) => {
        const answer = new kind.TransactionResponse() as {
          results: unknown[];
          deserialize(frame: Buffer, at: number): number;
        };
        return { length: answer.deserialize(frame, 3), read: answer.results };
      });
      expect(own!.length).to.equal(frame.length - 3);
      expect(own!.length).to.equal(theirs!.length);
      expect(plain(own!.read)).to.deep.equal(plain(theirs!.read));
    });

  it("of a kind that there is not is an error", () => {
    const frame = frameOf([head(99), head(-1, true)]);
    const answer = new jute.TransactionResponse() as {
      deserialize(frame: Buffer, at: number): number;
    };
    expect(() => answer.deserialize(frame, 3)).to.throw("type 99");
  });
});
