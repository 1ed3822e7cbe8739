import type { Right } from "../../../core/zookeeper/quick-transactions";

/** A znode, as one server has it. */
export interface Znode {
  data: Buffer;
  rights: readonly Right[];
  czxid: number;
  mzxid: number;
  /** The last change of its children. */
  pzxid: number;
  ctime: number;
  mtime: number;
  version: number;
  /** Children that were ever made: the number of the next sequential one. Wraps as a signed integer of 32 bits. */
  created: number;
  /** Session of an ephemeral node; 0: persistent. */
  owner: number;
  children: Set<string>;
}

/** A change that was decided upon: every server carries it out alike. */
export type Change =
  | {
      kind: "create";
      path: string;
      data: Buffer;
      rights: readonly Right[];
      owner: number;
    }
  | { kind: "set"; path: string; data: Buffer }
  | { kind: "delete"; path: string };

/** What ZooKeeper decides as one, in its order. */
export interface Transaction {
  zxid: number;
  /** Milliseconds, the leader's wall clock. */
  time: number;
  session: number;
  changes: Change[];
  /** The session ends here. */
  ends?: boolean;
}

export function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash <= 0 ? "/" : path.slice(0, slash);
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

const OPEN: readonly Right[] = [
  { permissions: 31, scheme: "world", id: "anyone" },
];
const NOTHING = Buffer.alloc(0);

/** The znodes of one server. */
export class Tree {
  private readonly nodes = new Map<string, Znode>();

  constructor() {
    this.nodes.set("/", {
      data: NOTHING,
      rights: OPEN,
      czxid: 0,
      mzxid: 0,
      pzxid: 0,
      ctime: 0,
      mtime: 0,
      version: 0,
      created: 0,
      owner: 0,
      children: new Set(),
    });
  }

  get(path: string): Znode | undefined {
    return this.nodes.get(path);
  }

  paths(): IterableIterator<string> {
    return this.nodes.keys();
  }

  /** @returns what undoes it, for a transaction of which a later operation is refused */
  apply(change: Change, zxid: number, time: number): () => void {
    const { nodes } = this;
    const { path } = change;
    if (change.kind === "set") {
      const node = nodes.get(path)!;
      const { data, version, mzxid, mtime } = node;
      node.data = change.data;
      node.version += 1;
      node.mzxid = zxid;
      node.mtime = time;
      return () => Object.assign(node, { data, version, mzxid, mtime });
    }
    const parent = nodes.get(parentOf(path))!;
    const name = nameOf(path);
    const { pzxid, created } = parent;
    parent.pzxid = zxid;
    if (change.kind === "delete") {
      const node = nodes.get(path)!;
      nodes.delete(path);
      parent.children.delete(name);
      return () => {
        nodes.set(path, node);
        parent.children.add(name);
        parent.pzxid = pzxid;
      };
    }
    const { data, rights, owner } = change;
    nodes.set(path, {
      data,
      rights,
      czxid: zxid,
      mzxid: zxid,
      pzxid: zxid,
      ctime: time,
      mtime: time,
      version: 0,
      created: 0,
      owner,
      children: new Set(),
    });
    parent.children.add(name);
    parent.created = (created + 1) | 0;
    return () => {
      nodes.delete(path);
      parent.children.delete(name);
      parent.created = created;
      parent.pzxid = pzxid;
    };
  }
}
