import { expect } from "chai";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { startFullPort } from "../support/full-port";
import type { ZookeeperServer } from "../support/zookeeper";
import { useRig } from "./rig";
import { TYPESCRIPT } from "../support/typescript";

/** All that it knows of. */
const sessionsOf = async (server: ZookeeperServer) =>
  (await server.fourLetter("dump")).match(/0x[0-9a-f]+/g) ?? [];

describe("a process with a session", () => {
  const rig = useRig({
    tickTime: 500,
    extra: ["enforceQuota=true"],
    properties: ["-Dzookeeper.enforceQuota=true"],
  });

  const core = path.join(__dirname, "../../core/zookeeper");

  /** Runs a program that uses a session, in a process of its own; what it printed, and how it ended. */
  async function run(connect: string, program: string) {
    const file = path.join(rig.sandbox.dir, `program-${Math.random()}.ts`);
    fs.writeFileSync(
      file,
      `import { Session } from "${core}/session";
       import { parseServers } from "${core}/servers";
       const open = (servers: string, more = {}) =>
         new Session({ servers: parseServers(servers), sessionTimeout: 10000, ...more });
       const connect = process.argv[2]!;
       process.on("uncaughtException", (error) => console.log("uncaught", error));
       process.on("unhandledRejection", (error) => console.log("unhandled", error));
       void (async () => { ${program} })();`,
    );
    const child = rig.sandbox.spawn(
      process.execPath,
      ["--require", TYPESCRIPT, file, connect],
      {
        stdio: ["ignore", "pipe", "inherit"],
        cwd: path.join(__dirname, "../.."),
      },
    );
    let said = "";
    child.stdout!.on("data", (data: Buffer) => (said += data.toString()));
    const [code] = (await once(child, "close")) as [number | null];
    return { said: said.trim(), code };
  }

  it("ends by itself once it is closed", async () => {
    const program = `
      const session = open(connect);
      await session.ready({ within: 20000 });
      await session.getChildren("/", () => {});
      await session.close();
      console.log("closed");`;
    expect(await run(rig.server.connect, program)).to.deep.equal({
      said: "closed",
      code: 0,
    });
  });

  for (const mode of ["refuse", "blackhole", "dropReplies"] as const)
    it(`ends by itself though it never got through (${mode}), closed at once or later`, async () => {
      const proxy = await rig.proxy();
      proxy.mode = mode;
      const program = `
        const started = performance.now();
        const early = open(connect);
        const two = open(connect);
        await early.close();
        await two.ready({ within: 300 }).catch((error) => console.log(error.message));
        await two.close();
        await two.close();
        process.on("exit", () => {
          if (performance.now() - started > 8000) console.log("something kept it alive");
        });`;
      expect(await run(proxy.connect, program)).to.deep.equal({
        said: `no connection to ${proxy.connect}`,
        code: 0,
      });
    });

  it("ends by itself though it is closed while it connects, and leaves no session", async () => {
    const full = await startFullPort(rig.sandbox);
    const program = `
      const started = performance.now();
      const [early, full] = [open(connect), open("${full}")];
      await early.close();
      await full.ready({ within: 300 }).catch((error) => console.log(error.message));
      await full.close();
      process.on("exit", () => {
        if (performance.now() - started > 8000) console.log("something kept it alive");
      });`;
    const before = await sessionsOf(rig.server);
    expect(await run(rig.server.connect, program)).to.deep.equal({
      said: `no connection to ${full}`,
      code: 0,
    });
    expect(await sessionsOf(rig.server)).to.deep.equal(before);
  });

  it("ends by itself though its connection was half-open when it was closed", async () => {
    const proxy = await rig.proxy();
    proxy.onRequest = (chunk) => {
      if (chunk.includes("/half-open")) proxy.mode = "blackhole";
    };
    const program = `
      const session = open(connect, { operationTimeout: 100 });
      await session.ready({ within: 20000 });
      console.log((await session.exists("/half-open")).code);
      const started = performance.now();
      await session.close(200);
      process.on("exit", () => {
        if (performance.now() - started > 8000) console.log("something kept it alive");
      });`;
    expect(await run(proxy.connect, program)).to.deep.equal({
      said: "TIMEOUT",
      code: 0,
    });
  });

  it("survives an error that the library does not know: a quota", async () => {
    const program = `
      const session = open(connect);
      await session.ready({ within: 20000 });
      await session.create("/full");
      await session.create("/zookeeper/quota/full");
      const limit = Buffer.from("count=-1,bytes=-1=;byteHardLimit=-1;countHardLimit=2");
      await session.create("/zookeeper/quota/full/zookeeper_limits", limit);
      await session.create("/zookeeper/quota/full/zookeeper_stats", Buffer.from("count=1,bytes=0"));
      const codes = [];
      for (let i = 0; i < 4; i++) codes.push((await session.create("/full/" + i)).code);
      codes.push((await session.exists("/full")).code);
      console.log(codes.at(-2), codes.at(-1));
      await session.close();`;
    expect(await run(rig.server.connect, program)).to.deep.equal({
      said: "QUOTA_EXCEEDED OK",
      code: 0,
    });
  });

  it("survives a name that does not resolve", async () => {
    const program = `
      const session = open("no-such-host.invalid:2181");
      await session.ready({ within: 300 }).catch((error) => console.log(error.message));
      await session.close();`;
    expect(await run("", program)).to.deep.equal({
      said: "no connection to no-such-host.invalid:2181",
      code: 0,
    });
  });

  it("survives a peer that speaks another protocol", async () => {
    const proxy = await rig.proxy();
    const program = `
      const net = require("node:net");
      const server = net.createServer((socket: any) => {
        socket.on("error", () => {});
        socket.write("HTTP/1.1 400 Bad Request\\r\\n\\r\\n".repeat(100));
      }).listen(0, "127.0.0.1");
      await new Promise((done) => server.once("listening", done));
      const session = open("127.0.0.1:" + server.address().port);
      await session.ready({ within: 500 }).catch(() => console.log("not connected"));
      await session.close();
      server.close();`;
    expect(await run(proxy.connect, program)).to.deep.equal({
      said: "not connected",
      code: 0,
    });
  });
});
