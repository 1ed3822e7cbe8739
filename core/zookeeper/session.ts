import { Permission } from "node-zookeeper-client";
import { ACLS, codeOf, commit, modeOf, readData } from "./client";
import {
  EMPTY,
  type Access,
  type CreateMode,
  type Operation,
} from "./operations";
import {
  readStat,
  type AccessReply,
  type ChildrenReply,
  type CreateReply,
  type DataReply,
  type MultiReply,
  type Reply,
  type Stat,
} from "./replies";
import { SupervisedClient } from "./supervised-client";
import type { Watcher } from "./watches";

export type { SessionOptions, SessionState } from "./supervised-client";

/**
 * The operations of ZooKeeper, as promises that never reject: the outcome is a
 * code. Paths are relative to the chroot of the server list.
 */
export class Session extends SupervisedClient {
  exists(path: string): Promise<DataReply> {
    return this.call("exists", (client, done) =>
      client.exists(this.full(path), (error, stat?) =>
        done(
          error || stat
            ? { code: codeOf(error), ...withStat(stat) }
            : { code: "NO_NODE" },
        ),
      ),
    );
  }

  getData(path: string, watcher?: Watcher): Promise<DataReply> {
    return this.call("getData", (client, done) => {
      const watch = watcher && this.watches.add("data", path, watcher);
      const reply = (error: unknown, data?: Buffer, stat?: object) => {
        watch?.left(!error);
        done({ code: codeOf(error), data: data ?? EMPTY, ...withStat(stat) });
      };
      readData(client, this.full(path), watch?.fire, reply);
    });
  }

  getChildren(path: string, watcher?: Watcher): Promise<ChildrenReply> {
    return this.call("getChildren", (client, done) => {
      const watch = watcher && this.watches.add("children", path, watcher);
      const reply = (error: unknown, children?: string[], stat?: object) => {
        watch?.left(!error);
        done({ code: codeOf(error), children, ...withStat(stat) });
      };
      const full = this.full(path);
      if (watch) client.getChildren(full, watch.fire, reply);
      else client.getChildren(full, reply);
    });
  }

  create(
    path: string,
    data: Buffer = EMPTY,
    mode: CreateMode = "persistent",
    access?: Access,
  ): Promise<CreateReply> {
    if (isTooLarge([{ path, data }])) return Promise.resolve(TOO_LARGE);
    return this.call("create", (client, done) =>
      client.create(
        this.chroot + path,
        data,
        ACLS[this.accessOf(access)],
        modeOf(mode),
        (error, created) =>
          done({
            code: codeOf(error),
            path: created?.slice(this.chroot.length),
          }),
      ),
    );
  }

  setData(path: string, data: Buffer, version: number): Promise<DataReply> {
    if (isTooLarge([{ path, data }])) return Promise.resolve(TOO_LARGE);
    return this.call("setData", (client, done) =>
      client.setData(this.chroot + path, data, version, (error, stat) =>
        done({ code: codeOf(error), ...withStat(stat) }),
      ),
    );
  }

  remove(path: string): Promise<Reply> {
    return this.call("remove", (client, done) =>
      client.remove(this.chroot + path, -1, (error) =>
        done({ code: codeOf(error) }),
      ),
    );
  }

  /** All or nothing. */
  multi(operations: Operation[]): Promise<MultiReply> {
    if (isTooLarge(operations)) return Promise.resolve(TOO_LARGE);
    return this.call("multi", (client, done) =>
      commit(
        client,
        this.chroot,
        operations,
        this.accessOf,
        (error, results) => {
          const reply: MultiReply = { code: codeOf(error) };
          if (error) {
            const at = results?.findIndex(({ err }) => err) ?? -1;
            reply.failed = operations[at]?.as;
          } else if (results) {
            reply.stats = new Map();
            reply.paths = new Map();
            for (const [i, { stat, path }] of results.entries()) {
              const { as } = operations[i]!;
              if (stat) reply.stats.set(as, readStat(stat));
              if (path) reply.paths.set(as, path.slice(this.chroot.length));
            }
          }
          done(reply);
        },
      ),
    );
  }

  /** Whether anybody may change a node, or what is below it, whatever the credentials. */
  isOpen(path: string): Promise<AccessReply> {
    return this.call("getACL", (client, done) =>
      client.getACL(this.full(path), (error, list) =>
        done({ code: codeOf(error), open: !error && list.some(lets) }),
      ),
    );
  }

  get hasCredentials(): boolean {
    return (this.options.auth ?? []).length > 0;
  }

  /** Takes a watcher off everything it was left on. */
  unwatch(watcher: Watcher): void {
    this.watches.drop(watcher);
  }

  /** "/" is the chroot itself. */
  private full(path: string): string {
    return (path === "/" ? this.chroot : this.chroot + path) || "/";
  }

  private readonly accessOf = (asked: Access = "own"): Access =>
    this.hasCredentials ? asked : "anyone";

  /** Makes the nodes of the chroot, which the server takes for granted; others may use them too. */
  async createChroot(): Promise<Reply> {
    let path = "";
    let reply: Reply = { code: "OK" };
    for (const name of this.chroot.split("/").slice(1)) {
      path += `/${name}`;
      reply = await this.call("create", (client, done) =>
        client.create(path, EMPTY, ACLS[this.accessOf("shared")], (error) =>
          done({ code: codeOf(error) }),
        ),
      );
    }
    return reply;
  }
}

/** What a server takes at once by default is 1,048,575 bytes: room is left for what stands around paths and data. */
const LARGEST = 1_047_000;
const TOO_LARGE: Reply = { code: "REQUEST_TOO_LARGE", unsent: true };

function isTooLarge(parts: readonly { path: string; data?: Buffer }[]) {
  let size = 0;
  for (const { path, data } of parts) size += path.length + (data?.length ?? 0);
  return size > LARGEST;
}

/** Anybody, and more than to look. */
function lets(entry: object): boolean {
  const { id, permission } = entry as {
    id: { scheme: string };
    permission: number;
  };
  return id.scheme === "world" && (permission & ~Permission.READ) !== 0;
}

function withStat(stat: object | undefined): { stat?: Stat } {
  return stat ? { stat: readStat(stat as Parameters<typeof readStat>[0]) } : {};
}
