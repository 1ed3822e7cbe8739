import { expect } from "chai";
import { once } from "node:events";
import net from "node:net";
import { hold, lockPath, type Held } from "../../core/lock";
import { Locks, ROOT } from "../cli/locks";
import type { Properties } from "./provider-process";
import { fails, lockOf, ResourceRig } from "./resource-rig";

/** A colour, an erased line, a title, a line written over, what turns around, what is not seen. */
const STEERS =
  "\u001b[31m\u001b[2K\u001b]0;owned\u0007\r\u202egnp\u200b\u009b1m";
const evil = (word: string) => `${STEERS}${word}${STEERS}`;
/** A command that prints it on both outputs. */
const says = (word: string) =>
  `printf '%s\\n' '${evil(word)}'; printf '%s\\n' '${evil(word)}' >&2`;

/** Every text in a value. */
function* textsOf(value: unknown): Generator<string> {
  if (typeof value === "string") yield value;
  else if (typeof value === "object" && value !== null)
    for (const [key, part] of Object.entries(value)) {
      yield key;
      yield* textsOf(part);
    }
}

describe("what hosts and ZooKeeper say, in each exit of the provider", () => {
  let r: ResourceRig;
  let locks: Locks;
  before(async () => {
    r = await ResourceRig.start();
    locks = new Locks(r.rig.zookeeper.connect);
  });
  after(async () => {
    await locks?.close();
    await r?.stop();
  });
  beforeEach(() => r.forget());

  /** Reasons, state, and lines of a run that fails. */
  async function told(changes: Properties, word: string): Promise<void> {
    const from = r.provider.log.length;
    const news = r.inputs({ logging: "stdoutAndStderr", ...changes });
    const { reasons, properties } = await fails(r.provider.create(news));
    const lines = r.provider.log.slice(from);
    for (const text of textsOf([reasons, properties, lines])) {
      const seen = text.replace(/[\n\t]/g, "");
      expect(/[\p{Cc}\p{Cf}]/u.exec(seen)?.[0] ?? null, text).to.equal(null);
    }
    expect(JSON.stringify(reasons)).to.contain(word);
  }

  const fail = (word: string) => ({ command: `${says(word)}; exit 9` });
  for (const step of ["action", "onlyIf", "gate", "drain", "health"])
    it(`of ${step}`, async () => {
      const probe =
        step === "health" ? { ...fail(step), timeout: 0.5 } : fail(step);
      await told({ [step]: probe }, step);
    });

  it("of undrain", async () => {
    const drain = { command: "true" };
    await told({ drain, undrain: fail("undrain") }, "undrain");
  });

  it("of a server that is none", async () => {
    const server = net.createServer((socket) => {
      socket.on("error", () => {});
      socket.end(`${evil("no SSH")}\r\n`);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as net.AddressInfo;
    try {
      const { connection } = r.inputs();
      const other = { ...(connection as Properties), port };
      await told({ connection: other }, "web1: dial: ");
    } finally {
      server.close();
    }
  });

  describe("of the lock", () => {
    const facts = {
      ...{ run: evil("run"), from: evil("from"), ci: evil("ci") },
      ...{ action: evil("action"), urn: evil("urn") },
    };
    const owner = { target: evil("target"), subject: evil("subject") };
    const taken = async (): Promise<{ news: Properties; held: Held }> => {
      const news = r.inputs();
      const { name } = lockOf(news) as { name: string };
      const more = { owner, facts, group: evil("group") };
      return { news, held: await locks.live(name, "x", more) };
    };
    const waits = ({ lock }: Properties) => ({
      lock: { ...(lock as Properties), timeout: 0.5 },
    });

    it("that is held", async () => {
      const { news, held } = await taken();
      await told(waits(news), "target");
      await held.release({ kind: "acted" });
    });

    it("that has failed", async () => {
      const { news, held } = await taken();
      const failure = { step: evil("step"), reason: evil("reason") };
      const at = evil("at");
      await held.fail({ ...failure, at }, { kind: "failed", ...failure });
      await told(waits(news), "step");
    });

    it("that is on hold", async () => {
      const { news, held } = await taken();
      const session = await locks.session();
      const path = lockPath(ROOT, lockOf(news).name as string);
      await hold(session, path, { by: evil("by"), why: evil("why") });
      await held.release({ kind: "acted" });
      await told(waits(news), "why");
    });
  });
});
