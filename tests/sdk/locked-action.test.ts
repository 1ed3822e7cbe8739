import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { LockedAction, type LockedActionArgs } from "../../sdk";

interface Registered {
  type: string;
  inputs: Record<string, unknown>;
}

const SECRET_KEY = "4dabf18193072939515e22adb298388d";

describe("LockedAction", () => {
  const registered = new Map<string, Registered>();

  before(async () => {
    await pulumi.runtime.setMocks(
      {
        newResource: ({ name, type, inputs }) => {
          registered.set(name, {
            type,
            inputs: inputs as Record<string, unknown>,
          });
          return { id: `${name}-id`, state: { ...inputs, outcome: "acted" } };
        },
        call: ({ inputs }) => inputs as Record<string, unknown>,
      },
      "project",
      "stack",
    );
  });

  const args: LockedActionArgs = {
    connection: { host: "web3", privateKey: "KEY" },
    action: {
      command: "reload",
      environment: { TOKEN: "t" },
      sudoPassword: "p",
    },
    lock: { name: "web", auth: [{ credentials: "u:p" }] },
    gate: { command: "true", sudoPassword: "p" },
  };

  const register = async (
    name: string,
    changes: Partial<LockedActionArgs> = {},
    opts?: pulumi.CustomResourceOptions,
  ) => {
    const resource = new LockedAction(name, { ...args, ...changes }, opts);
    await new Promise((done) => resource.urn.apply(done));
    return { resource, ...registered.get(name)! };
  };

  it("is a dynamic resource whose provider's text is constant and short", async () => {
    const { type, inputs } = await register("constant");
    expect(type).to.equal("pulumi-nodejs:dynamic:LockedAction");
    expect(inputs.__provider).to.equal(
      'exports.handler = () => require("pulumi-locked-action/provider").lockedAction',
    );
    expect(String(inputs.__provider).length).to.be.below(110);
  });

  it("tells its own URN and the program's pid", async () => {
    const { resource, inputs } = await register("named");
    const urn = await new Promise((done) => resource.urn.apply(done));
    expect(inputs.__urn).to.equal(urn);
    expect(inputs.__pid).to.equal(process.pid);
  });

  it("tells the URN of a child of a component, beside siblings", async () => {
    const component = new pulumi.ComponentResource("my:index:Group", "group");
    const opts = { parent: component };
    const [one, two] = await Promise.all([
      register("sibling-1", {}, opts),
      register("sibling-2", {}, opts),
    ]);
    expect(one.inputs.__urn).to.equal(
      "urn:pulumi:stack::project::my:index:Group$pulumi-nodejs:dynamic:LockedAction::sibling-1",
    );
    expect(two.inputs.__urn).to.match(/::sibling-2$/);
  });

  it("makes the connection secret as a whole", async () => {
    const { inputs } = await register("secret");
    expect(JSON.stringify(inputs.connection)).to.include(SECRET_KEY);
  });

  it("takes the same arguments twice", async () => {
    const shared = { ...args };
    new LockedAction("twice-1", shared);
    new LockedAction("twice-2", shared);
    expect(shared).to.deep.equal(args);
  });

  it("passes on what it does not know, for the provider to complain about", async () => {
    const lock = { name: "web", maxHolder: 2 } as LockedActionArgs["lock"];
    const { inputs } = await register("unknown", { lock });
    expect(inputs.lock).to.deep.equal({ name: "web", maxHolder: 2 });
  });

  it("has its outputs", async () => {
    const { resource } = await register("outputs");
    const outcome = await new Promise((done) => resource.outcome.apply(done));
    expect(outcome).to.equal("acted");
  });
});
