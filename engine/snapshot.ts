import { existsSync, readFileSync } from "node:fs";
import { Crypter } from "./crypter";
import { MergedWriter } from "./merged-writer";
import {
  decrypted,
  encrypted,
  parseState,
  type PendingOperation,
  type ResourceState,
  type State,
} from "./state";

/** The state file's content as it is, secrets encrypted; undefined if there is none. */
export function readState(path: string): State | undefined {
  if (!existsSync(path)) return undefined;
  return parseState(readFileSync(path, "utf8"), path);
}

/**
 * The state of a stack during an operation. What the operation found stays until
 * its successor is recorded, so that nothing is lost when it stops half way.
 */
export class Snapshot {
  private readonly news: ResourceState[] = [];
  private readonly olds: Set<ResourceState>;
  private readonly begun = new Set<PendingOperation>();
  private readonly renamed = new Map<string, string>();
  private readonly texts = new WeakMap<ResourceState, string>();
  private readonly writer: MergedWriter;
  private dirty = false;

  private constructor(
    path: string,
    private readonly crypter: Crypter,
    found: ResourceState[],
    /** Creations of earlier operations whose end nobody saw. */
    private creations: PendingOperation[],
    private readonly readOnly: boolean,
  ) {
    this.olds = new Set(found);
    this.writer = new MergedWriter(path, () => this.render());
  }

  /** @param readOnly nothing is ever written (a preview). */
  static async open(path: string, passphrase: string, readOnly: boolean) {
    const deployment = readState(path)?.deployment;
    const salt = deployment?.secrets_providers.state.salt;
    const crypter = await Crypter.open(passphrase, salt);
    const sealed = deployment?.resources ?? [];
    const found = sealed.map((resource) => decrypted(resource, crypter));
    const pending = deployment?.pending_operations ?? [];
    // An update or a deletion is simply done again; whether a creation happened
    // is for a person to find out.
    const creations = pending
      .filter(({ type }) => type === "creating")
      .map(({ type, resource }) => ({
        type,
        resource: decrypted(resource, crypter),
      }));
    const snapshot = new Snapshot(path, crypter, found, creations, readOnly);
    found.forEach((resource, index) =>
      snapshot.texts.set(resource, JSON.stringify(sealed[index])),
    );
    snapshot.dirty = creations.length < pending.length;
    return snapshot;
  }

  /** What the operation found and nothing has taken the place of. */
  get left(): ResourceState[] {
    return [...this.olds];
  }

  get resources(): ResourceState[] {
    return [...this.news, ...this.left.map((old) => this.followed(old))];
  }

  get unresolved(): readonly PendingOperation[] {
    return this.creations;
  }

  /**
   * Puts down what is about to be done, before it is done. The result is called
   * when it has ended and what came of it is recorded.
   */
  async begin(
    type: PendingOperation["type"],
    resource: ResourceState,
  ): Promise<() => void> {
    const operation = { type, resource };
    this.begun.add(operation);
    try {
      await this.save();
    } catch (error) {
      this.begun.delete(operation);
      throw error;
    }
    return () => {
      this.begun.delete(operation);
      this.dirty = true;
      this.save().catch(() => {}); // close() tries again, and tells
    };
  }

  /** Takes `next` in, in the place of `old` if there is one. */
  record(next: ResourceState, old?: ResourceState): void {
    const index = old ? this.news.indexOf(old) : -1;
    if (index >= 0) this.news[index] = next;
    else this.news.push(next);
    if (old && this.olds.delete(old)) this.rename(old, next);
    this.dirty = true;
  }

  /** Changes what no registration of this operation has taken over. */
  amend(old: ResourceState, next: ResourceState): void {
    const changed = this.left.map((each) => (each === old ? next : each));
    this.olds.clear();
    for (const each of changed) this.olds.add(each);
    this.rename(old, next);
    this.dirty = true;
  }

  remove(old: ResourceState): void {
    this.olds.delete(old);
    this.dirty = true;
  }

  /** Forgets the creations whose end nobody saw. */
  clearUnresolved(): void {
    this.dirty ||= this.creations.length > 0;
    this.creations = [];
  }

  /** Writes what is not yet written. */
  async close(): Promise<void> {
    if (this.dirty) await this.save();
  }

  private save(): Promise<void> {
    return this.readOnly ? Promise.resolve() : this.writer.request();
  }

  private rename(old: ResourceState, next: ResourceState): void {
    if (old.urn !== next.urn) this.renamed.set(old.urn, next.urn);
  }

  // A resource found by an alias changes its name: who refers to it must follow.
  private followed(old: ResourceState): ResourceState {
    const refers = [
      ...(old.parent ? [old.parent] : []),
      ...old.dependencies,
    ].some((urn) => this.renamed.has(urn));
    if (!refers) return old;
    const follow = (urn: string) => this.renamed.get(urn) ?? urn;
    return {
      ...old,
      ...(old.parent ? { parent: follow(old.parent) } : {}),
      dependencies: old.dependencies.map(follow),
      propertyDependencies: Object.fromEntries(
        Object.entries(old.propertyDependencies).map(([key, urns]) => [
          key,
          urns.map(follow),
        ]),
      ),
    };
  }

  private text(resource: ResourceState): string {
    const known = this.texts.get(resource);
    if (known) return known;
    const text = JSON.stringify(encrypted(resource, this.crypter));
    this.texts.set(resource, text);
    return text;
  }

  // By hand, as the text of a resource is made once and not at each write.
  private render(): string {
    this.dirty = false;
    const pending = [...this.creations, ...this.begun].map(
      ({ type, resource }) =>
        `{"type":"${type}","resource":${this.text(resource)}}`,
    );
    const head = JSON.stringify({
      manifest: { time: new Date().toISOString() },
      secrets_providers: {
        type: "passphrase",
        state: { salt: this.crypter.salt },
      },
    });
    return [
      `{"version":3,"deployment":${head.slice(0, -1)},`,
      `"resources":[\n${this.resources.map((each) => this.text(each)).join(",\n")}\n],`,
      `"pending_operations":[\n${pending.join(",\n")}\n]}}\n`,
    ].join("\n");
  }
}
