import fs from "node:fs";
import path from "node:path";

/** One change of a node, or a check that others depend on. */
export interface Change {
  kind: "create" | "delete" | "set" | "check" | "acl";
  path: string;
  data: string;
  ephemeral?: boolean;
  /** Who may use it, as `scheme:id permissions`, where that is set. */
  access?: string[];
}

/** What ZooKeeper carried out as one, in the order in which it did. */
export interface Transaction {
  zxid: bigint;
  /** Hexadecimal. */
  session: string;
  /** Milliseconds, the leader's clock. */
  time: number;
  changes: Change[];
  /** The session ends here, and its ephemeral nodes with it. */
  ends?: boolean;
}

const MAGIC = 0x5a4b4c47; // "ZKLG"
const CREATE = 1;
const DELETE = 2;
const SET = 5;
const SET_ACL = 7;
const CHECK = 13;
const MULTI = 14;
const CREATE_2 = 15;
const ERROR = -1;
const CLOSE_SESSION = -11;

/** Reads jute, ZooKeeper's encoding. */
class Jute {
  private at = 0;
  constructor(private readonly bytes: Buffer) {}
  int(): number {
    return this.bytes.readInt32BE((this.at += 4) - 4);
  }
  long(): bigint {
    return this.bytes.readBigInt64BE((this.at += 8) - 8);
  }
  bool(): boolean {
    return this.bytes[this.at++] === 1;
  }
  buffer(): Buffer {
    const length = Math.max(0, this.int());
    return this.bytes.subarray(this.at, (this.at += length));
  }
  text(): string {
    return this.buffer().toString("utf8");
  }
}

function readAccess(jute: Jute): string[] {
  return Array.from({ length: Math.max(0, jute.int()) }, () => {
    const permissions = jute.int();
    return `${jute.text()}:${jute.text()} ${permissions}`;
  });
}

function readChanges(type: number, jute: Jute): Change[] {
  switch (type) {
    case CREATE:
    case CREATE_2: {
      const node = { path: jute.text(), data: jute.text() };
      const access = readAccess(jute);
      return [{ kind: "create", ...node, access, ephemeral: jute.bool() }];
    }
    case SET_ACL:
      return [
        {
          ...{ kind: "acl", path: jute.text(), data: "" },
          access: readAccess(jute),
        },
      ];
    case CHECK:
      return [{ kind: "check", path: jute.text(), data: "" }];
    case DELETE:
      return [{ kind: "delete", path: jute.text(), data: "" }];
    case SET:
      return [{ kind: "set", path: jute.text(), data: jute.text() }];
    case MULTI: {
      const changes: Change[] = [];
      let failed = false; // then nothing of it was done
      for (let count = jute.int(); count > 0; count--) {
        const type = jute.int();
        failed ||= type === ERROR;
        changes.push(...readChanges(type, new Jute(jute.buffer())));
      }
      return failed ? [] : changes;
    }
    default:
      return []; // sessions, errors
  }
}

/** Calls `see` for each transaction of one log file. */
function readLog(file: string, see: (transaction: Transaction) => void): void {
  const bytes = fs.readFileSync(file);
  if (bytes.length < 16 || bytes.readInt32BE(0) !== MAGIC) return;
  let at = 16;
  while (at + 12 <= bytes.length) {
    const length = bytes.readInt32BE(at + 8); // after a checksum
    const end = at + 12 + length;
    if (length <= 0 || end > bytes.length) return; // the rest is only allocated
    const jute = new Jute(bytes.subarray(at + 12, end));
    at = end + 1;
    const session = BigInt.asUintN(64, jute.long()).toString(16);
    jute.int(); // the client's own number
    const zxid = jute.long();
    const time = Number(jute.long());
    const type = jute.int();
    const changes = readChanges(type, jute);
    const ends = type === CLOSE_SESSION;
    if (ends || changes.some(({ kind }) => kind !== "check"))
      see({ zxid, session, time, changes, ...(ends && { ends }) });
  }
}

/** All transactions of servers of one ensemble that agree by now, by their data directories, in ZooKeeper's order. */
export function readTransactions(directories: string[]): Transaction[] {
  const found = new Map<bigint, Transaction>();
  for (const directory of directories) {
    const logs = path.join(directory, "version-2");
    for (const name of fs.readdirSync(logs))
      if (/^log\./.test(name))
        readLog(path.join(logs, name), (transaction) =>
          found.set(transaction.zxid, transaction),
        );
  }
  return [...found.values()].sort((a, b) => (a.zxid < b.zxid ? -1 : 1));
}
