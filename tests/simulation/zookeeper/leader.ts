import { CREATE, DELETE, mayUse, READ, rightsOf, WRITE } from "./access";
import {
  BAD_ARGUMENTS,
  BAD_VERSION,
  INVALID_ACL,
  NO_AUTH,
  NO_CHILDREN_FOR_EPHEMERALS,
  NO_NODE,
  NODE_EXISTS,
  NOT_EMPTY,
  OK,
  RUNTIME_INCONSISTENCY,
  type Answer,
  type Result,
  type Stat,
  type Write,
} from "./requests";
import {
  parentOf,
  Tree,
  type Change,
  type Transaction,
  type Znode,
} from "./tree";
import type { Identities } from "./access";

/** On whose behalf something is asked. */
export interface Asker {
  session: number;
  identities: Identities;
}

/** What was asked at the leader, and what came of it: refused ones too. */
export interface Decision {
  transaction: Transaction;
  asker: Asker;
  writes: Write[];
  answer: Answer;
}

export function statOf(node: Znode): Stat {
  const { czxid, mzxid, pzxid, ctime, mtime, version, owner } = node;
  const numChildren = node.children.size;
  return {
    czxid,
    mzxid,
    pzxid,
    ctime,
    mtime,
    version,
    // ZooKeeper counts children that came and went, but keeps those that came
    cversion: (node.created * 2 - numChildren) | 0,
    owner,
    numChildren,
    dataLength: node.data.length,
  };
}

/** Decides what is written, one transaction after another. */
export class Leader {
  readonly tree = new Tree();
  zxid = 0;
  /** Ephemeral nodes of each session. */
  private readonly ephemerals = new Map<number, Set<string>>();

  constructor(private readonly clock: () => number) {}

  /** A transaction of one operation, or of several: then all of it happens or nothing. */
  decide(asker: Asker, writes: Write[], multi: boolean): Decision {
    const zxid = ++this.zxid;
    const time = this.clock();
    const changes: Change[] = [];
    const undo: (() => void)[] = [];
    const results: Result[] = [];
    let err = OK;
    for (const write of writes) {
      const { kind } = write;
      const change = this.changeOf(asker, write);
      if (typeof change === "number") {
        err = change;
        results.push({ err, kind });
        break;
      }
      if (!change) {
        results.push({ err: OK, kind });
        continue;
      }
      undo.push(this.tree.apply(change, zxid, time));
      changes.push(change);
      const result: Result = { err: OK, kind };
      if (change.kind === "create") result.path = change.path;
      if (change.kind === "set")
        result.stat = statOf(this.tree.get(change.path)!);
      results.push(result);
    }
    const transaction: Transaction = {
      zxid,
      time,
      session: asker.session,
      changes,
    };
    if (err !== OK) {
      for (const each of undo.reverse()) each();
      transaction.changes = [];
      for (let at = results.length; at < writes.length; at++)
        results.push({ err: RUNTIME_INCONSISTENCY, kind: writes[at]!.kind });
      for (const result of results) {
        delete result.path;
        delete result.stat;
      }
    } else this.note(changes);
    const answer: Answer = multi
      ? { err: OK, zxid, results }
      : { err, zxid, path: results[0]!.path, stat: results[0]!.stat };
    return { transaction, asker, writes, answer };
  }

  /** A session begins: it takes a transaction of its own. */
  begin(session: number): Transaction {
    this.ephemerals.set(session, new Set());
    const zxid = ++this.zxid;
    return { zxid, time: this.clock(), session, changes: [] };
  }

  /** A session ends, and its nodes with it. */
  end(session: number): Transaction {
    const zxid = ++this.zxid;
    const time = this.clock();
    const paths = [...(this.ephemerals.get(session) ?? [])];
    this.ephemerals.delete(session);
    const changes = paths.map((path): Change => ({ kind: "delete", path }));
    for (const change of changes) this.tree.apply(change, zxid, time);
    return { zxid, time, session, changes, ends: true };
  }

  /** The change that an operation makes; null: none; a number: why it is refused. */
  private changeOf(asker: Asker, write: Write): Change | null | number {
    const { tree } = this;
    const { path } = write;
    if (write.kind === "create") return this.creation(asker, write);
    if (path === "/" && write.kind === "delete") return BAD_ARGUMENTS;
    if (write.kind === "delete") {
      const parent = tree.get(parentOf(path));
      if (!parent) return NO_NODE;
      if (!mayUse(parent.rights, asker.identities, DELETE)) return NO_AUTH;
    }
    const node = tree.get(path);
    if (!node) return NO_NODE;
    const needed = { check: READ, set: WRITE, delete: 0 }[write.kind];
    if (needed && !mayUse(node.rights, asker.identities, needed))
      return NO_AUTH;
    if (write.version !== -1 && write.version !== node.version)
      return BAD_VERSION;
    if (write.kind === "check") return null;
    if (write.kind === "set") return { kind: "set", path, data: write.data };
    return node.children.size > 0 ? NOT_EMPTY : { kind: "delete", path };
  }

  private creation(
    { session, identities }: Asker,
    write: Write & { kind: "create" },
  ): Change | number {
    const { data, ephemeral, sequential } = write;
    const rights = rightsOf(write.rights, identities);
    if (!rights) return INVALID_ACL;
    const parent = this.tree.get(parentOf(write.path));
    if (!parent) return NO_NODE;
    if (!mayUse(parent.rights, identities, CREATE)) return NO_AUTH;
    const path = sequential
      ? write.path + sequence(parent.created)
      : write.path;
    if (this.tree.get(path)) return NODE_EXISTS;
    if (parent.owner !== 0) return NO_CHILDREN_FOR_EPHEMERALS;
    const owner = ephemeral ? session : 0;
    return { kind: "create", path, data, rights, owner };
  }

  private note(changes: Change[]): void {
    for (const change of changes) {
      if (change.kind === "create" && change.owner !== 0)
        this.ephemerals.get(change.owner)?.add(change.path);
      if (change.kind !== "delete") continue;
      for (const paths of this.ephemerals.values())
        if (paths.delete(change.path)) break;
    }
  }
}

/** As Java's `%010d` writes it. */
function sequence(number: number): string {
  const digits = String(Math.abs(number));
  return number < 0 ? `-${digits.padStart(9, "0")}` : digits.padStart(10, "0");
}
