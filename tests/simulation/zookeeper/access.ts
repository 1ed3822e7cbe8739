import type { Right } from "../../../core/zookeeper/quick-transactions";

export const READ = 1;
export const WRITE = 2;
export const CREATE = 4;
export const DELETE = 8;

/** Who a connection says it is, as `scheme:id`. */
export type Identities = readonly string[];

/** Whether one of the rights of a node allows it. */
export function mayUse(
  rights: readonly Right[],
  identities: Identities,
  permission: number,
): boolean {
  return rights.some(
    ({ permissions, scheme, id }) =>
      (permissions & permission) !== 0 &&
      (scheme === "world" || identities.includes(`${scheme}:${id}`)),
  );
}

/** The rights that a new node gets: `auth` stands for whoever makes it. Null: nobody did, or none are given. */
export function rightsOf(
  asked: readonly Right[],
  identities: Identities,
): readonly Right[] | null {
  if (asked.every(({ scheme }) => scheme === "world"))
    return asked.length > 0 ? asked : null;
  const rights: Right[] = [];
  for (const right of asked) {
    if (right.scheme !== "auth") {
      rights.push(right);
      continue;
    }
    if (identities.length === 0) return null;
    for (const identity of identities) {
      const [scheme, ...id] = identity.split(":");
      const { permissions } = right;
      rights.push({ permissions, scheme: scheme!, id: id.join(":") });
    }
  }
  return rights;
}

const parsed = new WeakMap<Buffer, Right[]>();

/** An access list as it is sent. */
export function parseRights(bytes: Buffer): Right[] {
  const known = parsed.get(bytes);
  if (known) return known;
  let at = 0;
  const int = () => bytes.readInt32BE((at += 4) - 4);
  const text = () => {
    const length = int();
    return bytes.toString("utf8", at, (at += length));
  };
  const rights = Array.from({ length: int() }, () => ({
    permissions: int(),
    scheme: text(),
    id: text(),
  }));
  parsed.set(bytes, rights);
  return rights;
}
