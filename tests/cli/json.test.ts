import { expect } from "chai";
import { z } from "zod";
import * as json from "../../cli/json";
import { Sandbox } from "../support/sandbox";
import { openZookeeper, type OpenZookeeper } from "../support/shared-zookeeper";
import { locked, start } from "./command";
import { Locks } from "./locks";

describe("--json", () => {
  let sandbox: Sandbox;
  let zookeeper: OpenZookeeper;
  let locks: Locks;
  let holder: string;

  before(async () => {
    sandbox = await Sandbox.create();
    zookeeper = await openZookeeper(sandbox);
    locks = new Locks(zookeeper.connect);
    holder = (await locks.failed("web", "web1")).id;
    await locks.waiting("web", "web2");
    await (await locks.live("idle", "web3")).release({ kind: "acted" });
  });
  after(async () => {
    await locks.close();
    await sandbox.stop();
  });

  const servers = () => ["--servers", zookeeper.connect];

  // in this order: clear takes away what the others look at
  for (const [words, schema] of [
    [["list"], json.locksJson],
    [["show", "web"], json.lockJson],
    [["hold", "web", "-m", "x"], json.changeJson],
    [["unhold", "web"], json.changeJson],
    [["set", "idle", "--max-holders", "2"], json.changeJson],
    [["history", "web"], json.historyJson],
    [["wait", "idle"], json.waitJson],
    [["doctor"], json.doctorJson],
    [["clear", "web", "--holder", "HOLDER", "-m", "x", "-y"], json.changeJson],
  ] as [string[], z.ZodType][])
    for (const form of [["--json"], ["-o", "json"]])
      it(`of ${words[0]} as ${form.join(" ")} has its documented shape, on stdout alone`, async () => {
        const named = words.map((word) => (word === "HOLDER" ? holder : word));
        const args = [...named, ...form, ...servers()];
        const { code, stdout, stderr } = await locked(sandbox, args);
        if (words[0] === "clear" && form[0] === "-o") {
          expect(code, "it is cleared already").to.equal(3);
          return void json.errorJson.parse(JSON.parse(stderr));
        }
        expect([code, stderr]).to.deep.equal([0, ""]);
        const lines = stdout.trimEnd().split("\n");
        if (words[0] !== "history") expect(lines).to.have.length(1);
        for (const line of lines) schema.parse(JSON.parse(line));
      });

  it("of watch is one document a line", async () => {
    const watch = start(sandbox, ["watch", "--json", ...servers()]);
    await watch.said('"name":"web"');
    await watch.said('"name":"idle"');
    watch.child.kill("SIGINT");
    const { stdout } = await watch.ended;
    for (const line of stdout.trimEnd().split("\n"))
      json.watchJson.parse(JSON.parse(line));
  });

  it("of run is the last line of stderr", async () => {
    const args = ["run", "run", "--json", ...servers(), "--", "sh", "-c"];
    const { stderr } = await locked(sandbox, [...args, "echo well >&2"]);
    const [said, last = ""] = stderr.trimEnd().split("\n");
    expect(said).to.equal("well");
    json.runJson.parse(JSON.parse(last));
  });

  it("of an error names the exit code with which it ends", async () => {
    for (const [words, exit] of [
      [["show"], 2],
      [["show", "nothing"], 3],
      [["wait", "web", "--timeout", "0.1"], 4],
      [["unhold", "nothing"], 3],
      [["lits"], 2],
      [["run", "web"], 2],
    ] as const) {
      const args = [...words, "--json", ...servers()];
      const { code, stdout, stderr } = await locked(sandbox, args);
      const { error } = json.errorJson.parse(JSON.parse(stderr));
      expect([code, error.exit, stdout], words.join(" ")).to.deep.equal([
        ...[exit, exit, ""],
      ]);
    }
  });
});
