import { expect } from "chai";
import quick from "node-zookeeper-client/lib/jute";
import { DataRequest } from "../../core/zookeeper/quick-reads";
import "../../core/zookeeper/quick-records";
import { original } from "./original-jute";

interface LibraryRecord extends Record<string, unknown> {
  specification: { name: string; type: string }[];
  setChrootPath(path: string | undefined): void;
  byteLength(): number;
  serialize(frame: Buffer, at: number): number;
  deserialize(frame: Buffer, at: number): number;
}

/** A value of a field, the same for both. */
function fill(jute: typeof quick, type: string, i: number): unknown {
  const item = /^vector<(.+)>$/.exec(type)?.[1];
  if (item) return [0, 1, 2].map((at) => fill(jute, item, i + at));
  const nested = /^data\.(.+)$/.exec(type)?.[1];
  if (nested) return filled(jute, "data", nested);
  switch (type) {
    case "int":
      return i * 1_000_003 - 5;
    case "long":
      return Buffer.from([i, 2, 3, 4, 5, 6, 7, 255]);
    case "boolean":
      return i % 2 === 0;
    case "buffer":
      return Buffer.from(`data ${i} €`);
    default:
      return `/grün/${i}`;
  }
}

function filled(
  jute: typeof quick,
  kind: "data" | "protocol",
  name: string,
): LibraryRecord {
  const record = new jute[kind][name]!() as unknown as LibraryRecord;
  for (const [i, field] of record.specification.entries())
    record[field.name] = fill(jute, field.type, i);
  return record;
}

const bytesOf = (record: LibraryRecord): string => {
  const frame = Buffer.alloc(3 + record.byteLength() + 2);
  expect(record.serialize(frame, 3)).to.equal(record.byteLength());
  return frame.toString("hex");
};

/** Its fields alone, also of records in it. */
function plain(value: unknown): unknown {
  if (Buffer.isBuffer(value)) return value.toString("hex");
  if (Array.isArray(value)) return value.map(plain);
  const { specification } = (value ?? {}) as Partial<LibraryRecord>;
  if (!specification) return value;
  return specification.map(({ name }) => [
    name,
    plain((value as LibraryRecord)[name]),
  ]);
}

describe("the library's records, compiled", () => {
  const kinds = (["data", "protocol"] as const).flatMap((kind) =>
    Object.keys(quick[kind]).map((name) => [kind, name] as const),
  );

  it("are those of the library, and the original is another copy", () => {
    expect(kinds.length).to.be.above(20);
    const serialize = (jute: typeof quick) =>
      (jute.protocol.ReplyHeader!.prototype as LibraryRecord).serialize;
    expect(serialize(quick)).not.to.equal(serialize(original));
  });

  for (const [kind, name] of kinds)
    for (const chroot of [undefined, "/app"])
      it(`${name}: the same bytes, the same fields${chroot ? ", below a chroot" : ""}`, () => {
        const [ours, theirs] = [quick, original].map((jute) => {
          const record = filled(jute, kind, name);
          record.setChrootPath(chroot);
          return record;
        });
        expect(bytesOf(ours!)).to.equal(bytesOf(theirs!));
        const frame = Buffer.from(bytesOf(theirs!), "hex");
        const [read, readByLibrary] = [quick, original].map((jute) => {
          const record = new jute[kind][name]!() as unknown as LibraryRecord;
          record.setChrootPath(chroot);
          return { record, length: record.deserialize(frame, 3) };
        });
        expect(read!.length).to.equal(readByLibrary!.length);
        expect(plain(read!.record)).to.deep.equal(plain(readByLibrary!.record));
      });

  it("absent text, data and lists stay absent", () => {
    const bytes = [quick, original].map((jute) => {
      const record =
        new jute.protocol.CreateRequest!() as unknown as LibraryRecord;
      return bytesOf(record);
    });
    expect(bytes[0]).to.equal(bytes[1]);
    const frame = Buffer.from(bytes[0]!, "hex");
    const read =
      new quick.protocol.CreateRequest!() as unknown as LibraryRecord;
    read.deserialize(frame, 3);
    expect([read.path, read.data, read.acl]).to.deep.equal([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it("asking for data is the library's own request", () => {
    for (const watch of [true, false]) {
      const { GetDataRequest, RequestHeader } = original.protocol;
      const header = new RequestHeader!() as unknown as LibraryRecord;
      Object.assign(header, { xid: 77, type: 4 });
      const payload = new GetDataRequest!() as unknown as LibraryRecord;
      Object.assign(payload, { path: "/grün/€ 𝄞", watch });
      const theirs = [header, payload].map((record) => {
        const bytes = Buffer.alloc(record.byteLength());
        record.serialize(bytes, 0);
        return bytes;
      });
      const length = Buffer.alloc(4);
      length.writeInt32BE(Buffer.concat(theirs).length);
      const ours = new DataRequest("/grün/€ 𝄞", watch);
      ours.header.xid = 77;
      expect(ours.toBuffer().toString("hex")).to.equal(
        Buffer.concat([length, ...theirs]).toString("hex"),
      );
    }
  });
});
