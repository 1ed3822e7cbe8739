import { expect } from "chai";
import { openScene, type Scene } from "../support/scene";

const PROVIDER =
  'exports.handler = () => require("pulumi-locked-action/provider").lockedAction';

const TYPE = "pulumi-nodejs:dynamic:LockedAction";

describe("the state of a stack", () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene(["web1", "web2"]);
  });
  after(() => scene.stop());

  it("has at most 1.5 KB a resource without connection", async () => {
    const stack = await scene.openStack("small", {
      plain: scene.restart("web1"),
    });
    expect((await stack.up()).ok).to.equal(true);
    const { deployment } = await stack.state();
    const plain = deployment.resources.find(({ type }) => type === TYPE)!;
    const size = JSON.stringify({
      ...plain,
      inputs: { ...plain.inputs, connection: undefined },
      outputs: { ...plain.outputs, stdout: undefined, stderr: undefined },
    }).length;
    expect(size).to.be.at.most(1536);
  });

  it("has the constant provider text, and no secret in plain", async () => {
    const secrets = {
      password: "pw-5f1c-plain",
      privateKeyPassword: "pp-77aa-plain",
      environment: "env-91cc-plain",
      stdin: "stdin-02bd-plain",
      sudoPassword: "sudo-c3d4-plain",
    };
    const { password, privateKeyPassword } = secrets;
    const actions = Object.fromEntries(
      ["web1", "web2"].map((host) => {
        const args = scene.restart(host);
        const action = {
          ...(args.action as object),
          environment: { TOKEN: secrets.environment },
          stdin: secrets.stdin,
          sudoPassword: secrets.sudoPassword,
        };
        const connection = { ...(args.connection as object), password };
        return [host, { ...args, action, connection }];
      }),
    );
    const failing = scene.restart("web1", {
      action: {
        command: "echo $TOKEN >&2; exit 4",
        environment: { TOKEN: privateKeyPassword },
      },
      lock: { name: "failing" },
      process: { commandString: "^nothing-like-it$" },
    });
    const stack = await scene.openStack("secrets", {
      ...actions,
      failing,
    });
    await stack.up({ parallel: 4 });

    const { deployment } = await stack.state();
    const mine = deployment.resources.filter(({ type }) => type === TYPE);
    expect(mine).to.have.length(3);
    expect(PROVIDER.length).to.be.below(110);
    for (const { inputs, outputs } of mine) {
      expect(inputs.__provider).to.equal(PROVIDER);
      expect(outputs.__provider).to.equal(PROVIDER);
    }
    const text = JSON.stringify(await stack.state());
    for (const secret of Object.values(secrets))
      expect(text).to.not.include(secret);
    const key = scene.fleet.privateKey.split("\n")[2]!;
    expect(text).to.not.include(key);
    expect(text).to.not.include("PRIVATE KEY");
  });
});
