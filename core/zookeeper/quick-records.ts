/**
 * node-zookeeper-client reads and writes each field of each record by
 * interpreting the field's type as text, and makes records of eleven fields
 * that it throws away: most of the CPU of a session. Here its records keep
 * their fields and their meaning, and each kind is compiled once. Loading this
 * file is enough.
 */
import jute from "node-zookeeper-client/lib/jute";

type Fields = Record<string, unknown>;
type Path = (chroot: string | undefined, path: string) => string;

/** How one type of field stands in a frame. */
interface Codec {
  size(value: unknown): number;
  /** Returns where the next one begins. */
  write(value: unknown, frame: Buffer, at: number): number;
  read(frame: Buffer, cursor: Cursor): unknown;
}

interface Cursor {
  at: number;
}

interface LibraryRecord extends Fields {
  specification: { name: string; type: string }[];
  chrootPath?: string;
}

const NONE = -1;

/** Its bytes; nothing where its length says that it is absent. */
function take(frame: Buffer, cursor: Cursor): Buffer | undefined {
  const length = frame.readInt32BE(cursor.at);
  const start = cursor.at + 4;
  cursor.at = start + Math.max(0, length);
  if (cursor.at > frame.length)
    throw new RangeError("a frame shorter than what it says");
  return length < 0 ? undefined : frame.subarray(start, cursor.at);
}

const PLAIN: Record<string, Codec> = {
  int: {
    size: () => 4,
    write: (value, frame, at) => frame.writeInt32BE(value as number, at),
    read: (frame, cursor) => frame.readInt32BE((cursor.at += 4) - 4),
  },
  long: {
    size: () => 8,
    write: (value, frame, at) => at + (value as Buffer).copy(frame, at),
    read(frame, cursor) {
      if (cursor.at + 8 > frame.length) throw new RangeError("a long is cut");
      return frame.subarray(cursor.at, (cursor.at += 8));
    },
  },
  boolean: {
    size: () => 1,
    write: (value, frame, at) => frame.writeUInt8(value ? 1 : 0, at),
    read: (frame, cursor) => frame.readUInt8(cursor.at++) === 1,
  },
  buffer: {
    size: (value) => 4 + (Buffer.isBuffer(value) ? value.length : 0),
    write(value, frame, at) {
      if (!Buffer.isBuffer(value)) return frame.writeInt32BE(NONE, at);
      const start = frame.writeInt32BE(value.length, at);
      return start + value.copy(frame, start);
    },
    read(frame, cursor) {
      const bytes = take(frame, cursor);
      return bytes && Buffer.from(bytes); // the frame's memory is shared with others
    },
  },
  ustring: {
    size: (value) =>
      4 + (typeof value === "string" ? Buffer.byteLength(value) : 0),
    write(value, frame, at) {
      if (typeof value !== "string") return frame.writeInt32BE(NONE, at);
      const length = frame.write(value, at + 4);
      return frame.writeInt32BE(length, at) + length;
    },
    read: (frame, cursor) => take(frame, cursor)?.toString("utf8"),
  },
};

const vectorOf = (item: Codec): Codec => ({
  size: (value) =>
    Array.isArray(value)
      ? value.reduce((sum: number, each) => sum + item.size(each), 4)
      : 4,
  write(value, frame, at) {
    if (!Array.isArray(value)) return frame.writeInt32BE(NONE, at);
    let next = frame.writeInt32BE(value.length, at);
    for (const each of value) next = item.write(each, frame, next);
    return next;
  },
  read(frame, cursor) {
    const count = frame.readInt32BE((cursor.at += 4) - 4);
    if (count < 0) return undefined;
    const values: unknown[] = [];
    for (let i = 0; i < count; i++) values.push(item.read(frame, cursor));
    return values;
  },
});

/** A record inside another one. */
function nested(name: string): Codec {
  const kind = jute.data[name]!;
  const { specification } = new kind();
  return {
    size: (value) => (value as LibraryRecord & Methods).byteLength(),
    write: (value, frame, at) =>
      at + (value as LibraryRecord & Methods).serialize(frame, at),
    read(frame, cursor) {
      const record = Object.create(kind.prototype as object) as LibraryRecord;
      record.specification = specification;
      readFields(record, frame, cursor);
      return record;
    },
  };
}

function codecOf(type: string): Codec {
  const plain = PLAIN[type];
  if (plain) return plain;
  const item = /^vector<([\w.]+)>$/.exec(type)?.[1];
  if (item) return vectorOf(codecOf(item));
  return nested(/^data\.(\w+)$/.exec(type)![1]!);
}

interface Field {
  name: string;
  codec: Codec;
}

const compiled = new WeakMap<LibraryRecord["specification"], Field[]>();

function fieldsOf({ specification }: LibraryRecord): Field[] {
  let fields = compiled.get(specification);
  if (!fields) {
    fields = specification.map(({ name, type }) => ({
      name,
      codec: codecOf(type),
    }));
    compiled.set(specification, fields);
  }
  return fields;
}

const within: Path = (chroot, path) =>
  !chroot ? path : path === "/" ? chroot : chroot + path;
const without: Path = (chroot, path) =>
  !chroot ? path : path.slice(chroot.length) || "/";

const WATCHES = new Set(["dataWatches", "existWatches", "childWatches"]);

/** A field as it is sent: with the chroot before each path. */
function sent(record: LibraryRecord, name: string): unknown {
  const value = record[name];
  const { chrootPath } = record;
  if (!chrootPath) return value;
  if (name === "path") return within(chrootPath, value as string);
  if (WATCHES.has(name) && Array.isArray(value))
    return value.map((path: string) => within(chrootPath, path));
  return value;
}

function readFields(record: LibraryRecord, frame: Buffer, cursor: Cursor) {
  for (const { name, codec } of fieldsOf(record)) {
    const value = codec.read(frame, cursor);
    record[name] =
      name === "path" ? without(record.chrootPath, value as string) : value;
  }
}

interface Methods {
  byteLength(): number;
  /** Returns the number of bytes, as the next one does. */
  serialize(frame: Buffer, at: number): number;
  deserialize(frame: Buffer, at: number): number;
}

const quick: Methods & ThisType<LibraryRecord> = {
  byteLength() {
    let size = 0;
    for (const { name, codec } of fieldsOf(this))
      size += codec.size(sent(this, name));
    return size;
  },
  serialize(frame, at) {
    let next = at;
    for (const { name, codec } of fieldsOf(this))
      next = codec.write(sent(this, name), frame, next);
    return next - at;
  },
  deserialize(frame, at) {
    const cursor = { at };
    readFields(this, frame, cursor);
    return cursor.at - at;
  },
};

/** What is only read has no fields to begin with: the library gives each eleven, one by one. */
function emptyAtFirst(name: string): void {
  const original = jute.protocol[name]!;
  const { specification } = new original();
  function Read(this: LibraryRecord) {
    this.specification = specification;
    this.chrootPath = undefined;
  }
  Read.prototype = original.prototype;
  jute.protocol[name] = Read as unknown as typeof original;
}

for (const name of ["ReplyHeader", "GetDataResponse", "GetChildren2Response"])
  emptyAtFirst(name);

const record = Object.getPrototypeOf(
  jute.protocol.RequestHeader!.prototype,
) as object;
Object.assign(record, quick);
