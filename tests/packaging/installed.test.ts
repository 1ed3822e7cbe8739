import { expect } from "chai";
import { execFile } from "node:child_process";
import { copyFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { LocalStack } from "../../engine";
import {
  openWorkspace,
  PACKAGE_MANAGERS,
  type Workspace,
} from "../support/package-managers";
import { makeProject, tarball } from "../support/project";
import { Sandbox } from "../support/sandbox";
import { errorsOf } from "../support/scene";
import { PASSPHRASE } from "../support/stack";
import { TYPESCRIPT } from "../support/typescript";

const ENGINE = path.join(__dirname, "../../engine/cli.ts");

// Nobody listens there: the restart is owed, so that preview and deletion have a state to look at.
const PROGRAM = `
const { LockedAction } = require("pulumi-locked-action");

new LockedAction("restart", {
  connection: { host: "127.0.0.1", port: 1, dialErrorLimit: 1, insecureIgnoreHostKey: true },
  action: { command: "true" },
  lock: { name: "web", servers: "127.0.0.1:1" },
});
`;

describe("the packed package, installed into a member of a workspace", () => {
  let sandbox: Sandbox;
  let state: string;
  const workspaces: Record<string, Workspace | Error | string> = {};

  async function installed(name: string, packages: Record<string, string>) {
    const workspace = await openWorkspace(sandbox, name);
    await workspace.install(packages);
    return workspace;
  }

  /** Why nothing at all can be installed: there is no network, and never was. */
  const missing = (name: string): Promise<string | null> =>
    installed(name, {}).then(() => null, String);

  before(async function () {
    this.timeout(600_000); // the first time on a machine, all is fetched
    sandbox = await Sandbox.create();
    const options = { program: PROGRAM, name: "infra", withPackage: true };
    const project = await makeProject(sandbox, options);
    const result = await project.stack("dev").up();
    expect(errorsOf(result)).to.match(/dial: .*ECONNREFUSED/);
    state = path.join(project.dir, "dev.state.json");
    const packed = { "pulumi-locked-action": `file:${await tarball()}` };
    const names = Object.keys(PACKAGE_MANAGERS);
    await Promise.all(
      names.map(async (name) => {
        workspaces[name] = await installed(name, packed).catch(
          async (error: Error) => (await missing(name)) ?? error,
        );
      }),
    );
  });
  after(() => sandbox.stop());

  for (const name of Object.keys(PACKAGE_MANAGERS))
    it(`by ${name}: is found by the text in inputs and state`, async function () {
      const workspace = workspaces[name]!;
      if (typeof workspace === "string") {
        console.log(`      not run: ${workspace.split("\n")[0]}`);
        return this.skip();
      }
      if (workspace instanceof Error) throw workspace;
      const { member } = workspace;
      const yaml =
        "name: infra\nruntime: { name: nodejs, options: { typescript: false } }\n";
      await writeFile(path.join(member, "Pulumi.yaml"), yaml);
      await writeFile(path.join(member, "index.js"), PROGRAM);
      await copyFile(state, path.join(member, "dev.state.json"));

      const preview = await operate(workspace, "preview");
      expect(preview.text).to.match(
        /will verify first, and if still owed run the command under lock web .*: owed since 20/,
      );
      expect(preview.ok).to.equal(true);
      const destroyed = await operate(workspace, "destroy");
      expect(destroyed.text).not.to.include("error");
      expect(destroyed.ok).to.equal(true);
    });

  async function operate(
    workspace: Workspace,
    operation: "preview" | "destroy",
  ): Promise<{ ok: boolean; text: string }> {
    const stateFile = path.join(workspace.member, "dev.state.json");
    const { preload } = workspace.manager;
    if (preload) return byCommand(workspace, operation, stateFile, preload);
    const stack = new LocalStack({
      ...{ projectDir: workspace.member, stateFile, stack: "dev" },
      ...{ passphrase: PASSPHRASE, env: sandbox.env },
    });
    const told: string[] = [];
    const { ok } = await stack[operation]({
      onEvent: (event) =>
        void (event.type === "diagnostic" && told.push(event.message)),
    });
    return { ok, text: told.join("\n") };
  }

  /** The engine in a process of its own: what is to be preloaded is for all of it. */
  async function byCommand(
    { dir, member }: Workspace,
    operation: string,
    stateFile: string,
    preload: string,
  ): Promise<{ ok: boolean; text: string }> {
    const args = ["--require", TYPESCRIPT, ENGINE, operation];
    const options = ["--project", member, "--state", stateFile];
    const running = promisify(execFile)(
      process.execPath,
      [...args, ...options],
      {
        cwd: path.dirname(ENGINE),
        env: {
          ...process.env,
          ...sandbox.env,
          NODE_OPTIONS: `--require ${path.join(dir, preload)}`,
          PULUMI_CONFIG_PASSPHRASE: PASSPHRASE,
        },
      },
    );
    return running.then(
      ({ stdout }) => ({ ok: true, text: stdout }),
      ({ stdout }: { stdout: string }) => ({ ok: false, text: stdout }),
    );
  }
});
