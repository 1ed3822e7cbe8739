import { listLocks, type LockView } from "../../core/lock";
import type { Session } from "../../core/zookeeper/session";
import type { ZookeeperServer } from "../support/zookeeper";
import type { Client } from "./clients";
import type { Dice } from "./dice";
import type { Journal } from "./journal";
import { CLOSED, ROOT } from "./locks";

export interface Scene {
  clients: Client[];
  servers: ZookeeperServer[];
  /** Not behind a proxy. Each for the locks that it may use: those of everybody, or the one with credentials. */
  operators: { open: Session; closed: Session };
  journal: Journal;
  dice: Dice;
}

export const operatorOf = (
  { open, closed }: Scene["operators"],
  path: string,
): Session => (path === `${ROOT}/${CLOSED}` ? closed : open);

/** All locks that there are by now. */
export const look = ({ closed }: Scene["operators"]): Promise<LockView[]> =>
  listLocks(closed, ROOT);
