import { expect } from "chai";
import { openScene, type Scene } from "../support/scene";

const PROVIDER =
  'exports.handler = () => require("pulumi-locked-action/provider").lockedAction';

describe("the state of a stack", () => {
  let scene: Scene;
  before(async () => {
    scene = await openScene(["web1", "web2"]);
  });
  after(() => scene.stop());

  it("has the constant provider text, at most 1.5 KB a resource, and no secret in plain", async () => {
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
    const stack = await scene.openStack("secrets", { ...actions, failing });
    await stack.up({ parallel: 4 });

    const { deployment } = await stack.state();
    const mine = deployment.resources.filter(
      ({ type }) => type === "pulumi-nodejs:dynamic:LockedAction",
    );
    expect(mine).to.have.length(3);
    expect(PROVIDER.length).to.be.below(110);
    for (const resource of mine) {
      expect(resource.inputs.__provider).to.equal(PROVIDER);
      expect(resource.outputs.__provider).to.equal(PROVIDER);
      const { connection: _, ...inputs } = resource.inputs;
      const {
        connection: __,
        stdout: ___,
        stderr: ____,
        ...outputs
      } = resource.outputs;
      const size = JSON.stringify({ ...resource, inputs, outputs }).length;
      // what tests add to the inputs, encrypted, is not the resource's own
      const own = size - JSON.stringify(inputs.action).length;
      expect(own).to.be.at.most(1536);
    }
    const text = JSON.stringify(await stack.state());
    for (const secret of Object.values(secrets))
      expect(text).to.not.include(secret);
    const key = scene.fleet.privateKey.split("\n")[2]!;
    expect(text).to.not.include(key);
    expect(text).to.not.include("PRIVATE KEY");
  });
});
