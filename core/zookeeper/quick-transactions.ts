/**
 * Transactions as node-zookeeper-client sends and reads them, byte by byte (a
 * test holds them to its own), in one pass: the library makes two records of
 * each operation and goes through all of them four times, and transactions are
 * most of what a lock asks for. Loading this file is enough for the answers.
 */
import type { Stat } from "node-zookeeper-client";
import jute from "node-zookeeper-client/lib/jute";
import type { Operation } from "./operations";

const CREATE = 1;
const DELETE = 2;
const SET_DATA = 5;
const CHECK = 13;
const MULTI = 14;
/** The type of what was refused, and of the end. */
const NONE = -1;

type Create = Operation & { kind: "create" };

/** How a created node is to be: its access list and its mode, as they are sent. */
export type Kind = (operation: Create) => { acl: Buffer; flags: number };

/** In the place of the library's own request. */
export class TransactionRequest {
  /** The library numbers it as it leaves. */
  readonly header = { xid: 0, type: MULTI };

  constructor(
    private readonly prefix: string,
    private readonly operations: readonly Operation[],
    private readonly kindOf: Kind,
  ) {}

  toBuffer(): Buffer {
    const frame = new Frame(this.longest());
    frame.int(this.header.xid);
    frame.int(MULTI);
    for (const operation of this.operations) this.write(frame, operation);
    frame.begin(NONE, true);
    return frame.end();
  }

  private write(frame: Frame, operation: Operation): void {
    const { kind } = operation;
    frame.begin(TYPES[kind], false);
    frame.text(this.prefix + operation.path);
    if (kind === "create" || kind === "set") frame.bytes(operation.data);
    if (kind !== "create") return frame.int(operation.version);
    const { acl, flags } = this.kindOf(operation);
    frame.raw(acl);
    frame.int(flags);
  }

  /** No text is longer than three bytes a character. */
  private longest(): number {
    let size = 64;
    for (const operation of this.operations) {
      size += 32 + 3 * (this.prefix.length + operation.path.length);
      if ("data" in operation) size += operation.data.length;
      if (operation.kind === "create")
        size += this.kindOf(operation).acl.length;
    }
    return size;
  }
}

const TYPES: Record<Operation["kind"], number> = {
  check: CHECK,
  create: CREATE,
  set: SET_DATA,
  delete: DELETE,
};

/** One request on its way into bytes. */
class Frame {
  private readonly buffer: Buffer;
  private at = 4;

  constructor(size: number) {
    this.buffer = Buffer.allocUnsafe(size);
  }

  int(value: number): void {
    this.at = this.buffer.writeInt32BE(value, this.at);
  }

  raw(bytes: Buffer): void {
    this.at += bytes.copy(this.buffer, this.at);
  }

  bytes(bytes: Buffer): void {
    this.int(bytes.length);
    this.raw(bytes);
  }

  text(text: string): void {
    const length = this.buffer.write(text, this.at + 4);
    this.int(length);
    this.at += length;
  }

  /** What stands before each operation, and at the end. */
  begin(type: number, done: boolean): void {
    this.int(type);
    this.at = this.buffer.writeUInt8(done ? 1 : 0, this.at);
    this.int(NONE);
  }

  end(): Buffer {
    this.buffer.writeInt32BE(this.at - 4, 0);
    return this.buffer.subarray(0, this.at);
  }
}

/** What somebody may do with a node. */
export interface Right {
  permissions: number;
  scheme: string;
  id: string;
}

/** A list of rights as it is sent. */
export function accessList(rights: Right[]): Buffer {
  const longest = rights.reduce(
    (sum, { scheme, id }) => sum + 12 + 3 * (scheme.length + id.length),
    8,
  );
  const frame = new Frame(longest);
  frame.int(rights.length);
  for (const { permissions, scheme, id } of rights) {
    frame.int(permissions);
    frame.text(scheme);
    frame.text(id);
  }
  return frame.end().subarray(4);
}

/** What became of one operation, in the library's own form. */
export interface OperationResult {
  type: number;
  /** Of a transaction that was refused: 0 for those before the one that was. */
  err?: number;
  path?: string;
  stat?: Stat;
}

interface Answer {
  results: OperationResult[];
}

interface Part {
  path?: string;
  stat?: Stat;
  deserialize(frame: Buffer, at: number): number;
}

const { CreateResponse, SetDataResponse } = jute.protocol as unknown as Record<
  "CreateResponse" | "SetDataResponse",
  new () => Part
>;
const LENGTH_OF_HEADER = 9;

/** Returns the number of bytes. */
function deserialize(this: Answer, frame: Buffer, begin: number): number {
  let at = begin;
  for (;;) {
    const type = frame.readInt32BE(at);
    const done = frame.readUInt8(at + 4) === 1;
    at += LENGTH_OF_HEADER;
    if (done) return at - begin;
    const result: OperationResult = { type };
    if (type === NONE) {
      result.err = frame.readInt32BE(at);
      at += 4;
    } else if (type === CREATE || type === SET_DATA) {
      const part =
        type === CREATE ? new CreateResponse() : new SetDataResponse();
      at += part.deserialize(frame, at);
      if (type === CREATE) result.path = part.path;
      else result.stat = part.stat;
    } else if (type !== DELETE && type !== CHECK) {
      throw new Error(`an answer of type ${type} in a transaction`);
    }
    this.results.push(result);
  }
}

Object.assign(jute.TransactionResponse.prototype as object, { deserialize });
