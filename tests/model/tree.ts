/** What the ZooKeeper server does, as a value: znodes, versions, ephemerals, and a multi that is all or nothing. */

export interface Znode {
  data: string;
  version: number;
  /** The session that an ephemeral goes with; "" for a persistent znode. */
  session: string;
}

export type Tree = ReadonlyMap<string, Znode>;

export type Op =
  | { op: "check"; path: string; version: number }
  | {
      op: "create";
      path: string;
      data: string;
      session: string;
      sequential: boolean;
      /** Its data is the name of the sibling before it. */
      tellsBefore?: boolean;
    }
  | { op: "delete"; path: string; version: number }
  | { op: "set"; path: string; data: string; version: number };

export type Code = "NO_NODE" | "NODE_EXISTS" | "NOT_EMPTY" | "BAD_VERSION";

export interface Refusal {
  code: Code;
  /** The path of the first operation that failed. */
  path: string;
}

/** Any version. */
export const ANY = -1;

export const check = (path: string, version = ANY): Op => ({
  op: "check",
  path,
  version,
});
export const create = (path: string, data = "", session = ""): Op => ({
  op: "create",
  path,
  data,
  session,
  sequential: false,
});
export const createSequential = (
  path: string,
  session: string,
  tellsBefore: boolean,
): Op => ({
  op: "create",
  path,
  data: "",
  session,
  sequential: true,
  tellsBefore,
});
export const remove = (path: string, version = ANY): Op => ({
  op: "delete",
  path,
  version,
});
export const set = (path: string, data: string, version = ANY): Op => ({
  op: "set",
  path,
  data,
  version,
});

export const parentOf = (path: string): string =>
  path.slice(0, Math.max(0, path.lastIndexOf("/")));

export const nameOf = (path: string): string =>
  path.slice(path.lastIndexOf("/") + 1);

/** Names of the children, sorted. */
export function childrenOf(tree: Tree, path: string): string[] {
  const prefix = `${path}/`;
  const names: string[] = [];
  for (const key of tree.keys())
    if (key.startsWith(prefix) && !key.includes("/", prefix.length))
      names.push(key.slice(prefix.length));
  return names.sort();
}

/** The number at the end of a sequential znode's name. */
export const sequenceOf = (name: string): number =>
  Number(name.slice(name.lastIndexOf("-") + 1));

/**
 * The number that a sequential znode gets. The server's counter only grows; here it is one above the siblings that are
 * there, since nothing but their order matters and fewer states differ.
 */
function nextSequence(tree: Tree, path: string): number {
  const last = lastSibling(tree, path);
  return last === "" ? 0 : sequenceOf(last) + 1;
}

const lastSibling = (tree: Tree, path: string): string =>
  childrenOf(tree, parentOf(path)).reduce(
    (a, b) => (a === "" || sequenceOf(b) > sequenceOf(a) ? b : a),
    "",
  );

function applyOne(tree: Map<string, Znode>, op: Op): string | Refusal {
  const refuse = (code: Code): Refusal => ({ code, path: op.path });
  const node = tree.get(op.path);
  if (op.op === "create") {
    const parent = parentOf(op.path);
    if (parent !== "" && !tree.has(parent)) return refuse("NO_NODE");
    const path = op.sequential
      ? op.path + String(nextSequence(tree, op.path))
      : op.path;
    if (tree.has(path)) return refuse("NODE_EXISTS");
    const data = op.tellsBefore ? lastSibling(tree, op.path) : op.data;
    tree.set(path, { data, version: 0, session: op.session });
    return path;
  }
  if (!node) return refuse("NO_NODE");
  if (op.version !== ANY && op.version !== node.version)
    return refuse("BAD_VERSION");
  if (op.op === "delete") {
    if (childrenOf(tree, op.path).length > 0) return refuse("NOT_EMPTY");
    tree.delete(op.path);
  } else if (op.op === "set")
    tree.set(op.path, { ...node, data: op.data, version: node.version + 1 });
  return "";
}

export type Applied =
  | { tree: Tree; created: string; refusal: null }
  | { tree: Tree; created: ""; refusal: Refusal };

/** All of the operations, or none: then the first that failed is named. */
export function apply(tree: Tree, ops: readonly Op[]): Applied {
  const next = new Map(tree);
  let created = "";
  for (const op of ops) {
    const result = applyOne(next, op);
    if (typeof result !== "string")
      return { tree, created: "", refusal: result };
    if (op.op === "create" && op.sequential) created = result;
  }
  return { tree: next, created, refusal: null };
}

/** The ephemerals of a session go with it. */
export function expire(tree: Tree, session: string): Tree {
  return new Map([...tree].filter(([, node]) => node.session !== session));
}

/** One text for equal trees. */
export function keyOf(tree: Tree): string {
  const lines: string[] = [];
  for (const [path, node] of tree)
    lines.push(`${path}=${node.data},${String(node.version)},${node.session}`);
  return lines.sort().join("|");
}
