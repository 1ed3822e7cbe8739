import { expect } from "chai";
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { quote } from "../../core/text/quote";
import { Sandbox } from "../support/sandbox";
import { startZookeeper, type ZookeeperServer } from "../support/zookeeper";
import { COMMAND, environment } from "./command";
import { Locks } from "./locks";
import { commandsIn, timeless, withShown, type Shown } from "./page";

const PAGE = path.join(__dirname, "../../docs/operating.md");
const ID = /[0-9a-f]{16}-[0-9a-f]{16}/;
/** Says that the page's outputs are to be written anew, from what this run saw. */
const WRITE = process.env.LOCKED_ACTION_WRITE_PAGES;

describe("docs/operating.md", () => {
  let sandbox: Sandbox;
  let zookeeper: ZookeeperServer;
  let locks: Locks;

  before(async () => {
    sandbox = await Sandbox.create();
    zookeeper = await startZookeeper(sandbox);
    locks = new Locks(zookeeper.connect);
    fs.writeFileSync(
      path.join(sandbox.dir, "locked-action"),
      `#!/bin/sh\nexec ${COMMAND.map(quote).join(" ")} "$@"\n`,
      { mode: 0o755 },
    );
    fs.writeFileSync(path.join(sandbox.dir, "migrate.sh"), "exit 1\n");
  });
  after(async () => {
    await locks.close();
    await sandbox.stop();
  });

  /** As the page has it: its names for this machine, this user and these servers. */
  const renamed = (text: string) =>
    text
      .replaceAll(zookeeper.connect, "zk1:2181")
      .replaceAll(`${os.userInfo().username}@${os.hostname()}`, "ann@ops");

  const type = async (command: string): Promise<string> => {
    const child = spawn("sh", ["-c", `exec 2>&1; ${command}`], {
      cwd: sandbox.dir,
      stdio: ["ignore", "pipe", "inherit"],
      env: environment({
        ...sandbox.env,
        PATH: `${sandbox.dir}:${process.env.PATH}`,
        LOCKED_ACTION_ZOOKEEPER_SERVERS: zookeeper.connect,
      }),
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text) => (output += text));
    await once(child, "close");
    return renamed(output.trimEnd());
  };

  it("shows what is really printed: a stuck roll is found, understood, cleared, and goes on", async () => {
    await locks.failed("web", "web1");
    const waiting = await locks.waiting("web", "web2");
    const page = fs.readFileSync(PAGE, "utf8");
    const shown = commandsIn(page);
    const printed: Shown[] = [];
    let holder = "";
    for (const { command: written, output } of shown) {
      const command = written.replace(ID, holder);
      const now = await type(command);
      holder = ID.exec(now)?.[0] ?? holder;
      printed.push({ command, output: now });
      if (!WRITE) expect(timeless(now), command).to.equal(timeless(output));
      if (command.includes(" clear web "))
        await (await waiting.granted).release({ kind: "acted" });
    }
    expect(shown.length).to.be.greaterThan(10);
    if (WRITE) fs.writeFileSync(PAGE, withShown(page, printed));
  });
});
