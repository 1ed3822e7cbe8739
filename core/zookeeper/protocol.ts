/** ZooKeeper's requests and answers, byte by byte: only what this package uses. */
import type { CreateMode, Operation } from "./operations";
import type {
  ChildrenReply,
  Code,
  CreateReply,
  DataReply,
  MultiReply,
  Reply,
  Stat,
} from "./replies";
import { frame, Reader, type Writer } from "./wire";

/** A request in bytes, and how its answer is read. */
export interface Request<R extends Reply = Reply> {
  kind: string;
  frame: Buffer;
  read(answer: Reader): Omit<R, "code">;
}

/** Where a frame of a request has its number. */
const XID_AT = 4;

export const OPERATIONS = {
  create: 1,
  delete: 2,
  exists: 3,
  getData: 4,
  setData: 5,
  ping: 11,
  getChildren: 12,
  check: 13,
  multi: 14,
  auth: 100,
  setWatches: 101,
  closeSession: -11,
  error: -1,
} as const;

/** Numbers of what is no ordinary request. */
export const XID = { event: -1, ping: -2, auth: -4, setWatches: -8 } as const;

const CODES = new Map<number, Code>([
  [0, "OK"],
  [-4, "CONNECTION_LOSS"],
  [-101, "NO_NODE"],
  [-102, "NO_AUTH"],
  [-103, "BAD_VERSION"],
  [-110, "NODE_EXISTS"],
  [-111, "NOT_EMPTY"],
  [-112, "SESSION_EXPIRED"],
  [-114, "INVALID_ACL"],
  [-115, "AUTH_FAILED"],
]);

/** Every number has a code: a quota, a moved session, what later servers will say. */
export const codeOf = (error: number): Code =>
  CODES.get(error) ?? `ERROR_${error}`;

const MODES: Record<CreateMode, number> = {
  persistent: 0,
  ephemeral: 1,
  persistentSequential: 2,
  ephemeralSequential: 3,
};

/** Everything is allowed: to anyone, or to whoever authenticated as the creator did. */
export type Acl = "open" | "creator";

const ALL = 31;
const ACLS: Record<Acl, Buffer> = {
  open: frame((out) => out.int(1).int(ALL).text("world").text("anyone")),
  creator: frame((out) => out.int(1).int(ALL).text("auth").text("")),
};
const writeAcl = (out: Writer, acl: Acl) => out.raw(ACLS[acl].subarray(4));

const nothing = () => ({});

function request<R extends Reply>(
  kind: string,
  operation: keyof typeof OPERATIONS,
  write: (out: Writer) => void,
  read: (answer: Reader) => Omit<R, "code">,
): Request<R> {
  const bytes = frame((out) => {
    out.int(0).int(OPERATIONS[operation]); // its number comes when it is sent
    write(out);
  });
  return { kind, frame: bytes, read };
}

export function number(request: Request, xid: number): void {
  request.frame.writeInt32BE(xid, XID_AT);
}

export const exists = (path: string): Request<DataReply> =>
  request(
    "exists",
    "exists",
    (out) => out.text(path).flag(false),
    (answer) => ({ stat: readStat(answer) }),
  );

export const getData = (path: string, watch: boolean): Request<DataReply> =>
  request(
    "getData",
    "getData",
    (out) => out.text(path).flag(watch),
    (answer) => ({ data: answer.bytes(), stat: readStat(answer) }),
  );

export const getChildren = (
  path: string,
  watch: boolean,
): Request<ChildrenReply> =>
  request(
    "getChildren",
    "getChildren",
    (out) => out.text(path).flag(watch),
    (answer) => ({ children: answer.texts(), stat: readStat(answer) }),
  );

export const createNode = (
  path: string,
  data: Buffer,
  mode: CreateMode,
  acl: Acl,
): Request<CreateReply> =>
  request(
    "create",
    "create",
    (out) => writeAcl(out.text(path).bytes(data), acl).int(MODES[mode]),
    (answer) => ({ path: answer.text() }),
  );

export const setData = (
  path: string,
  data: Buffer,
  version: number,
): Request<DataReply> =>
  request(
    "setData",
    "setData",
    (out) => out.text(path).bytes(data).int(version),
    (answer) => ({ stat: readStat(answer) }),
  );

export const removeNode = (path: string): Request =>
  request("remove", "delete", (out) => out.text(path).int(-1), nothing);

/** All or nothing. `prefix` stands before each path. */
export const multi = (
  prefix: string,
  operations: readonly Operation[],
  acl: Acl,
): Request<MultiReply> =>
  request(
    "multi",
    "multi",
    (out) => {
      for (const operation of operations) {
        out.int(
          OPERATIONS[operation.kind === "set" ? "setData" : operation.kind],
        );
        out
          .flag(false)
          .int(-1)
          .text(prefix + operation.path);
        switch (operation.kind) {
          case "create":
            writeAcl(
              out.bytes(operation.data),
              operation.open ? "open" : acl,
            ).int(MODES[operation.mode]);
            break;
          case "set":
            out.bytes(operation.data).int(operation.version);
            break;
          case "check":
          case "delete":
            out.int(operation.version);
            break;
        }
      }
      out.int(-1).flag(true).int(-1);
    },
    (answer) => readResults(answer, prefix, operations),
  );

/** Of a transaction that failed the answer has errors alone; the first that is one says why. */
function readResults(
  answer: Reader,
  prefix: string,
  operations: readonly Operation[],
): Omit<MultiReply, "code"> {
  const stats = new Map<string, Stat>();
  const paths = new Map<string, string>();
  let failure: { code: Code; failed: string } | null = null;
  for (const { as } of operations) {
    const kind = answer.int();
    answer.flag();
    answer.int();
    switch (kind) {
      case OPERATIONS.create:
        paths.set(as, answer.text().slice(prefix.length));
        break;
      case OPERATIONS.setData:
        stats.set(as, readStat(answer));
        break;
      case OPERATIONS.error: {
        const error = answer.int();
        if (error !== 0) failure ??= { code: codeOf(error), failed: as };
        break;
      }
    }
  }
  return failure ?? { stats, paths };
}

export const closeSession: () => Request = () =>
  request("close", "closeSession", nothing, nothing);

/** Frames that are no ordinary requests: their numbers are fixed. */
export const PING = frame((out) => out.int(XID.ping).int(OPERATIONS.ping));

export const authentication = (scheme: string, credentials: string): Buffer =>
  frame((out) =>
    out
      .int(XID.auth)
      .int(OPERATIONS.auth)
      .int(0)
      .text(scheme)
      .bytes(Buffer.from(credentials)),
  );

/** Leaves watches again, and has told what changed since `zxid`. */
export const setWatches = (
  zxid: bigint,
  data: readonly string[],
  children: readonly string[],
): Buffer =>
  frame((out) =>
    out
      .int(XID.setWatches)
      .int(OPERATIONS.setWatches)
      .long(zxid)
      .texts(data)
      .texts([])
      .texts(children),
  );

/** What names a session at the server. */
export interface SessionKey {
  id: bigint;
  password: Buffer;
}

export const hello = (
  { id, password }: SessionKey,
  timeout: number,
  seen: bigint,
): Buffer =>
  frame((out) =>
    out.int(0).long(seen).int(timeout).long(id).bytes(password).flag(false),
  );

export interface Welcome extends SessionKey {
  /** Milliseconds, as granted; 0 or less: there is no such session any more. */
  timeout: number;
}

export function readWelcome(body: Buffer): Welcome {
  const answer = new Reader(body);
  answer.int();
  const timeout = answer.int();
  return { timeout, id: answer.long(), password: answer.bytes() };
}

export interface WatchEvent {
  path: string;
  type: "created" | "deleted" | "data" | "children" | null;
}

const EVENTS: Record<number, WatchEvent["type"]> = {
  1: "created",
  2: "deleted",
  3: "data",
  4: "children",
};

export function readEvent(answer: Reader): WatchEvent {
  const type = EVENTS[answer.int()] ?? null;
  answer.int(); // state of the connection: known otherwise
  return { type, path: answer.text() };
}

function readStat(answer: Reader): Stat {
  const czxid = answer.long();
  const mzxid = answer.long();
  const ctime = Number(answer.long());
  const mtime = Number(answer.long());
  const version = answer.int();
  answer.int(); // cversion
  answer.int(); // aversion
  const ephemeral = answer.long() !== 0n;
  answer.int(); // dataLength
  answer.int(); // numChildren
  answer.long(); // pzxid
  return { czxid, mzxid, ctime, mtime, version, ephemeral };
}
