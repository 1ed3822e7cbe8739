import { expect } from "chai";
import { spawnSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import {
  errorsOf,
  openScene,
  type Actions,
  type Scene,
} from "../support/scene";
import { resourcesOf, Told } from "../support/told";

/** What tells a `service` command from the host's own: it writes down how it was called. */
const OWN_TOOLS = `ForceCommand export PATH="$LOCKED_ACTION_HOST_DIR/bin:$PATH"; exec sh -c "$SSH_ORIGINAL_COMMAND"`;
const SERVICE = `#!/bin/sh\necho "$*" >>"$LOCKED_ACTION_HOST_DIR/services"\n`;

// The rest of the row "triggers or a running field of `action` changed" is in when-it-runs.test.ts.
describe("what an action runs by and as whom", () => {
  let scene: Scene;
  before(async function () {
    if (fs.existsSync("/run/systemd/system")) {
      console.log("      not run: systemd runs on this machine");
      return this.skip();
    }
    scene = await openScene(["web1"], { hosts: { config: [OWN_TOOLS] } });
    const bin = path.join(scene.fleet.host("web1").dir, "bin");
    fs.mkdirSync(bin);
    fs.writeFileSync(path.join(bin, "service"), SERVICE, { mode: 0o755 });
  });
  after(() => scene?.stop());

  const maySudo = () => {
    const asked = spawnSync("sudo", ["-n", "true"]);
    if (asked.status === 0) return true;
    console.log(
      "      without `sudo`: it asks for a password, or is not there",
    );
    return false;
  };

  it("makes it run again when it changes", async () => {
    const { dir } = scene.fleet.host("web1");
    const who = { command: `id -un >>${dir}/who` };
    const rows = (later: boolean): Actions => {
      const action = {
        service: { service: later ? "nginx" : "apache" },
        perform: { service: "app", perform: later ? "reload" : "restart" },
        ...(maySudo() && { sudo: { ...who, sudo: later } }),
      };
      const all = Object.entries(action).map(([name, does]) => [
        name,
        scene.restart("web1", {
          ...{ target: name, action: does, lock: { name } },
          ...{ process: undefined, onCreate: "record" },
        }),
      ]);
      return Object.fromEntries(all) as Actions;
    };
    const stack = await scene.openStack("reasons", rows(false));
    expect(errorsOf(await stack.up({ parallel: 3 }))).to.equal("");
    await scene.setActions(stack, rows(true));
    const told = new Told();
    const result = await stack.up({ parallel: 3, onEvent: told.onEvent });
    expect(errorsOf(result)).to.equal("");
    const states = await resourcesOf(stack);
    for (const [name, { outputs }] of Object.entries(states)) {
      expect(told.ops[name], name).to.equal("update");
      expect(told.lines[name]!.join("\n"), name).to.match(
        /^will .*: triggers or action changed/,
      );
      expect(outputs, name).to.deep.include({ outcome: "acted", exitCode: 0 });
    }
    const read = (name: string) =>
      fs.readFileSync(path.join(dir, name), "utf8").trim().split("\n");
    expect(read("services").sort()).to.deep.equal([
      ...["app reload", "nginx restart"],
    ]);
    if (states.sudo) expect(read("who")).to.deep.equal(["root"]);
  });
});
