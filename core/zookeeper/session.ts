import { EMPTY, type CreateMode, type Operation } from "./operations";
import {
  createNode,
  exists,
  getChildren,
  getData,
  multi,
  removeNode,
  setData,
  type Acl,
} from "./protocol";
import type {
  ChildrenReply,
  CreateReply,
  DataReply,
  MultiReply,
  Reply,
} from "./replies";
import { SupervisedClient } from "./supervised-client";
import type { Watcher, WatchKind } from "./watches";

export type { SessionOptions, SessionState } from "./supervised-client";

/**
 * The operations of ZooKeeper, as promises that never reject: the outcome is a
 * code. Paths are relative to the chroot of the server list.
 */
export class Session extends SupervisedClient {
  exists(path: string): Promise<DataReply> {
    return this.call(exists(this.full(path)));
  }

  /** A watch is left only on what is there. */
  getData(path: string, watcher?: Watcher): Promise<DataReply> {
    return this.call(
      getData(this.full(path), watcher !== undefined),
      this.leaving("data", path, watcher),
    );
  }

  getChildren(path: string, watcher?: Watcher): Promise<ChildrenReply> {
    return this.call(
      getChildren(this.full(path), watcher !== undefined),
      this.leaving("children", path, watcher),
    );
  }

  async create(
    path: string,
    data: Buffer = EMPTY,
    mode: CreateMode = "persistent",
  ): Promise<CreateReply> {
    const full = this.chroot + path;
    const reply = await this.call(createNode(full, data, mode, this.acl));
    if (reply.path) reply.path = reply.path.slice(this.chroot.length);
    return reply;
  }

  setData(path: string, data: Buffer, version: number): Promise<DataReply> {
    return this.call(setData(this.chroot + path, data, version));
  }

  remove(path: string): Promise<Reply> {
    return this.call(removeNode(this.chroot + path));
  }

  /** All or nothing. */
  multi(operations: Operation[]): Promise<MultiReply> {
    return this.call(multi(this.chroot, operations, this.acl));
  }

  /** Takes a watcher off everything it was left on. */
  unwatch(watcher: Watcher): void {
    this.watches.drop(watcher);
  }

  /** Makes the nodes of the chroot, which the server takes for granted. */
  async createChroot(): Promise<Reply> {
    let path = "";
    let reply: Reply = { code: "OK" };
    for (const name of this.chroot.split("/").slice(1)) {
      path += `/${name}`;
      reply = await this.call(createNode(path, EMPTY, "persistent", this.acl));
    }
    return reply;
  }

  private leaving(kind: WatchKind, path: string, watcher?: Watcher) {
    const { watches } = this;
    return watcher && (() => watches.add(kind, path, watcher));
  }

  private get acl(): Acl {
    return (this.options.auth ?? []).length > 0 ? "creator" : "open";
  }
}
