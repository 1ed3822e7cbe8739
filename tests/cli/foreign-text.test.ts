import { expect } from "chai";
import { encodeName } from "../../core/lock/tree/paths";
import { Sandbox } from "../support/sandbox";
import { openZookeeper, type OpenZookeeper } from "../support/shared-zookeeper";
import { locked } from "./command";
import { Locks, ROOT } from "./locks";
import { CTRL_C, startInTerminal } from "./terminal";

/** Sets a title, rings, clears, hides, turns text around. */
const EVIL =
  "\u001b]0;PWN\u0007\u001b[2J\u001b[8m\u009b31m\r\u0008\u202e\u2066\u200b\u2028\ud800";
const LONG = "R".repeat(900_000);
const ID = "0123456789abcdef-0123456789abcdef";

/** In a pipe nothing but lines; on a terminal what we draw ourselves, and no more. */
// oxlint-disable-next-line no-control-regex
const RAW = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]|\p{Cf}|\p{Zl}/u;
// oxlint-disable-next-line no-control-regex
const STEERING = /\u001b\]|\u0007|\u0008|\u001b\[8m|\u009b|\p{Cf}|\p{Zl}/u;

describe("records full of escapes", () => {
  let sandbox: Sandbox;
  let zookeeper: OpenZookeeper;
  let locks: Locks;
  const NAME = `evil${EVIL.slice(0, -1)}`;
  const record = {
    ...{ v: 1, group: EVIL, target: `t${EVIL}`, subject: EVIL, urn: EVIL },
    ...{ run: EVIL, from: EVIL, ci: EVIL, action: EVIL, runKey: EVIL },
    ...{ since: EVIL, state: "failed", mirror: `/${EVIL}`, drained: true },
    failure: { step: EVIL, exit: 1, reason: EVIL + LONG, at: EVIL, run: EVIL },
    baseline: { identities: [EVIL], machine: EVIL, pidNamespace: EVIL },
    acting: { run: EVIL, since: EVIL, deadline: 5 },
  };
  const hold = { why: EVIL + LONG.slice(0, 1000), by: EVIL, since: EVIL };

  const plant = async (name: string, more: object) => {
    const session = await locks.session();
    const make = (path: string, data: unknown, mode = "persistent" as const) =>
      session.create(path, Buffer.from(JSON.stringify(data)), mode);
    const lock = `${ROOT}/${encodeName(name)}`;
    await make(ROOT, "");
    await make(lock, { v: 2, max: 1, maxFailures: 2, ...more });
    for (const part of ["holders", "waiters", "history"])
      await make(`${lock}/${part}`, "");
    await make(`${lock}/holders/0`, EVIL);
    await make(`${lock}/holders/0/${ID}`, record);
    await make(`${lock}/waiters/x \u202e`, "");
    await session.create(
      `${lock}/waiters/${ID}-`,
      Buffer.from(JSON.stringify({ ...record, failure: undefined })),
      "ephemeralSequential",
    );
    const entry = { v: 1, at: EVIL, kind: "failed", by: EVIL, reason: EVIL };
    await session.create(
      `${lock}/history/h-`,
      Buffer.from(JSON.stringify({ ...entry, target: EVIL, step: EVIL })),
      "persistentSequential",
    );
  };

  before(async () => {
    sandbox = await Sandbox.create();
    zookeeper = await openZookeeper(sandbox);
    locks = new Locks(zookeeper.connect);
    await plant("evil", { hold });
    await plant(NAME, {});
  });
  after(async () => {
    await locks.close();
    await sandbox.stop();
  });

  const COMMANDS: string[][] = [
    ["list"],
    ["list", "-o", "wide"],
    ["list", "--json"],
    ...["evil", NAME].flatMap((name) => [
      ["show", name],
      ["show", name, "-o", "wide"],
      ["show", name, "--json"],
      ["history", name],
      ["history", name, "--json"],
      ["wait", name, "--timeout", "0.5"],
      ["wait", name, "--timeout", "0.5", "--on-failed-holder", "wait"],
      ["set", name, "--max-holders", "2", "-m", "x"],
      ["clear", name, "--holder", "0123", "-m", EVIL],
      ["clear", name, "--holder", "nobody", "-m", "x", "-y"],
      ["run", name, "--timeout", "0.5", "--", "true"],
      ["run", name, "--timeout", "0.5", "--json", "--", "true"],
      ["hold", name, "-m", "new"],
    ]),
    ["show", `no${EVIL.slice(0, -1)}`],
    ["doctor"],
  ];

  for (const [i, words] of COMMANDS.entries())
    it(`steer nothing, in a pipe or on a terminal: ${words[0]} (${i})`, async () => {
      const args = [...words, "--servers", zookeeper.connect];
      const [{ stdout, stderr }, seen] = await Promise.all([
        locked(sandbox, args),
        onTerminal(args),
      ]);
      const told = stdout + stderr;
      expect(told.length).to.be.above(0);
      if (!words.includes("--json")) expect(told.length).to.be.below(10_000);
      expect(RAW.exec(told)?.[0]).to.equal(undefined);
      expect(STEERING.exec(seen)?.[0]).to.equal(undefined);
    });

  const onTerminal = async (args: string[]) => {
    const terminal = startInTerminal(sandbox, args);
    terminal.child.stdin?.end(); // whoever asks gets no answer
    return (await terminal.ended).stdout;
  };

  it("make no error longer than a page, as JSON either", async () => {
    for (const json of [[], ["--json"]]) {
      const where = ["--servers", zookeeper.connect, ...json];
      const args = ["run", "evil", "--timeout", "0.5", ...where, "--", "true"];
      const { code, stderr } = await locked(sandbox, args);
      expect(code).to.equal(4);
      expect(stderr.length).to.be.below(5000);
      expect(stderr).not.to.contain("NaN");
    }
  });

  it("steer nothing while they are watched", async () => {
    const args = ["watch", "--servers", zookeeper.connect];
    for (const more of [[], ["evil"]]) {
      const terminal = startInTerminal(sandbox, [...args, ...more]);
      await terminal.said("evil");
      terminal.write(CTRL_C);
      expect(STEERING.exec((await terminal.ended).stdout)?.[0]).to.equal(
        undefined,
      );
    }
  });
});
