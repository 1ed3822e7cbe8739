import events from "node:events";
import type { Operation } from "../../core/zookeeper/operations";
import type {
  ChildrenReply,
  CreateReply,
  DataReply,
  MultiReply,
  Reply,
} from "../../core/zookeeper/replies";
import { Session } from "../../core/zookeeper/session";
import type { Watcher } from "../../core/zookeeper/watches";

export interface Request {
  kind: "exists" | "read" | "list" | "create" | "set" | "remove" | "multi";
  path: string;
  operations: Operation[];
  /** 0 for the first request of this session. */
  index: number;
}

/** What becomes of a request. */
export interface Fate {
  /** Awaited before it is sent. */
  before?: () => unknown;
  /** Awaited when it was answered, before the answer is handed on. */
  after?: () => unknown;
  /** `request`: it never arrives. `reply`: it is carried out, and its answer is lost. */
  lose?: "request" | "reply";
  /** Lost now; sent when this resolves. */
  late?: Promise<void>;
  /** Never sent, answered so: the view of a server that lags behind. */
  stale?: Reply;
}

export type Script = (request: Request) => Fate | void;

/** Whether it would make somebody a holder. */
export const isGrant = ({ operations }: Request): boolean =>
  operations.some(({ kind, as }) => kind === "create" && as === "holder");

/** Whether it takes a holder away. */
export const isRemoval = ({ operations }: Request): boolean =>
  operations.some(({ kind, as }) => kind === "delete" && as === "holder");

/** Whether it writes L; a transaction of checks alone, before a read that must be new, does not. */
export const isLockWrite = ({ operations }: Request): boolean =>
  operations.some(({ kind, as }) => kind === "set" && as === "lock");

/** Whether it creates a waiter. */
export const isEnqueue = ({ kind, path }: Request): boolean =>
  kind === "create" && path.includes("/waiters/");

/** Makes a fate that strikes once, at the first request that fits. */
export function once(fits: (request: Request) => boolean, fate: Fate): Script {
  let struck = false;
  return (request) => {
    if (struck || !fits(request)) return;
    struck = true;
    return fate;
  };
}

/** What is held up until somebody says go on. */
export function heldUp(): { until: Promise<void>; goOn: () => void } {
  let goOn = () => {};
  const until = new Promise<void>((resolve) => (goOn = resolve));
  return { until, goOn };
}

const LOSS: Reply = { code: "CONNECTION_LOSS" };

/** A session over a real connection whose requests and replies can be lost, held up, and interleaved by hand. */
export class ScriptedSession extends Session {
  script: Script = () => {};
  readonly requests: Request[] = [];
  /** Late requests that arrived by now, with their answers. */
  readonly arrived: Promise<Reply>[] = [];

  /** The session is over for us; the server keeps it until its time-out. */
  loseSession(): void {
    (this as unknown as { lose(why: string): void }).lose("by the test");
  }

  /** As if the process were gone: the server hears no more of it. */
  async crash(): Promise<void> {
    this.state = "suspended"; // whoever has no connection says no goodbye
    await this.close();
  }

  async suspended(): Promise<void> {
    if (this.state === "connected") await events.once(this, "suspended");
  }

  /** Requests since the last call, without heartbeats. */
  take(): Request[] {
    return this.requests
      .splice(0)
      .filter(({ path }) => path !== "/" && path !== "");
  }

  private async scripted<R extends Reply>(
    kind: Request["kind"],
    path: string,
    send: () => Promise<R>,
    operations: Operation[] = [],
  ): Promise<R> {
    const index = this.requests.length;
    const request = { kind, path, operations, index };
    this.requests.push(request);
    const fate = this.script(request);
    if (!fate) return send();
    // what is sent together stays in order unless it is held up on purpose
    if (fate.before) await fate.before();
    if (fate.late) {
      this.arrived.push(fate.late.then(send));
      return LOSS as R;
    }
    if (fate.stale) return fate.stale as R;
    if (fate.lose === "request") return LOSS as R;
    const { epoch } = this;
    const reply = await send();
    await fate.after?.();
    if (this.epoch !== epoch) return { code: "NEW_SESSION" } as R;
    return fate.lose === "reply" ? (LOSS as R) : reply;
  }

  override exists(path: string): Promise<DataReply> {
    return this.scripted("exists", path, () => super.exists(path));
  }
  override getData(path: string, watcher?: Watcher): Promise<DataReply> {
    return this.scripted("read", path, () => super.getData(path, watcher));
  }
  override getChildren(
    path: string,
    watcher?: Watcher,
  ): Promise<ChildrenReply> {
    return this.scripted("list", path, () => super.getChildren(path, watcher));
  }
  override create(
    ...args: Parameters<Session["create"]>
  ): Promise<CreateReply> {
    return this.scripted("create", args[0], () => super.create(...args));
  }
  override setData(
    path: string,
    data: Buffer,
    version: number,
  ): Promise<DataReply> {
    return this.scripted("set", path, () => super.setData(path, data, version));
  }
  override remove(path: string): Promise<Reply> {
    return this.scripted("remove", path, () => super.remove(path));
  }
  override multi(operations: Operation[]): Promise<MultiReply> {
    return this.scripted(
      "multi",
      operations[0]?.path ?? "",
      () => super.multi(operations),
      operations,
    );
  }
}
