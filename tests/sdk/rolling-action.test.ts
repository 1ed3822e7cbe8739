import * as pulumi from "@pulumi/pulumi";
import type { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import { expect } from "chai";
import { RollingAction, type RollingActionArgs } from "../../sdk";

type Properties = Record<string, unknown>;
interface Registered {
  type: string;
  inputs: Properties;
}

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const isSecret = (value: unknown) =>
  typeof value === "object" && value !== null && SIGNATURE in value;

interface Monitor {
  registerResource(request: RegisterResourceRequest, done: unknown): unknown;
}

/** Paths of what is secret, as the engine gets it. */
function secretsOf(value: unknown, path = ""): string[] {
  if (isSecret(value)) return [path.slice(1)];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) =>
    secretsOf(part, `${path}.${key}`),
  );
}

describe("RollingAction", () => {
  const registered = new Map<string, Registered>();

  before(async () => {
    await pulumi.runtime.setMocks(
      {
        newResource: ({ name, inputs }) => {
          const results = { web1: { outcome: "acted", verified: true } };
          const state = { ...inputs, results, summary: "2 of 2 done" };
          return { id: `${name}-id`, state };
        },
        call: ({ inputs }) => inputs as Properties,
      },
      "project",
      "stack",
    );
    const monitor = pulumi.runtime.getMonitor() as Monitor;
    const register = monitor.registerResource.bind(monitor);
    // as it goes to the engine: the mocks move each secret up to the property's own top
    monitor.registerResource = (request, done) => {
      const inputs = request.getObject()!.toJavaScript() as Properties;
      registered.set(request.getName(), { type: request.getType(), inputs });
      return register(request, done);
    };
  });

  const connection = { host: "h", privateKey: "KEY" };
  const args: RollingActionArgs = {
    hosts: { web1: { connection }, web2: { connection, group: "a" } },
    action: { command: "reload" },
    lock: { name: "web" },
  };

  const register = async (
    name: string,
    changes: Partial<RollingActionArgs> = {},
    opts?: pulumi.CustomResourceOptions,
  ) => {
    const resource = new RollingAction(name, { ...args, ...changes }, opts);
    await new Promise((done) => resource.urn.apply(done));
    return { resource, ...registered.get(name)! };
  };

  describe("tells the order of its hosts, which an object would lose on its way", () => {
    const hosts = {
      web10: { connection },
      web2: { connection },
      web1: { connection },
    };

    for (const [what, changes, expected] of [
      ["as they stand", {}, ["web10", "web2", "web1"]],
      [
        "those in `order` first",
        { order: ["web1"] },
        ["web1", "web10", "web2"],
      ],
      [
        "also where it is an output",
        { order: [pulumi.output("web2")] },
        ["web2", "web10", "web1"],
      ],
    ] as [string, Partial<RollingActionArgs>, string[]][])
      it(what, async () => {
        const { inputs } = await register(`order ${what}`, {
          hosts,
          ...changes,
        });
        expect(inputs.order).to.deep.equal(expected);
      });

    it("also of hosts that are an output, and leaves what is no list to the provider", async () => {
      const { inputs } = await register("order of an output", {
        hosts: pulumi.output(hosts),
      });
      expect(inputs.order).to.deep.equal(["web10", "web2", "web1"]);
      const wrong = await register("no order", {
        hosts,
        order: "web1" as unknown as string[],
      });
      expect(wrong.inputs.order).to.equal("web1");
    });
  });

  it("is a dynamic resource whose provider's text is constant and short", async () => {
    const { type, inputs } = await register("constant");
    expect(type).to.equal("pulumi-nodejs:dynamic:RollingAction");
    expect(inputs.__provider).to.equal(
      'exports.handler = () => require("pulumi-locked-action/provider").rollingAction',
    );
  });

  it("tells its own URN, within a component too, and the program's pid", async () => {
    const parent = new pulumi.ComponentResource("my:index:Group", "group");
    const { resource, inputs } = await register("child", {}, { parent });
    const urn = await new Promise((done) => resource.urn.apply(done));
    expect(inputs.__urn).to.equal(urn);
    expect(inputs.__urn).to.match(/Group\$.*:RollingAction::child$/);
    expect(inputs.__pid).to.equal(process.pid);
  });

  it("makes the connection of each host secret, and nothing else of it", async () => {
    const { inputs } = await register("connections");
    expect(secretsOf(inputs)).to.have.members([
      ...["hosts.web1.connection", "hosts.web2.connection"],
    ]);
    const { web2 } = inputs.hosts as Record<string, Properties>;
    expect(web2!.group).to.equal("a");
  });

  it("makes secret what is, in the fleet's parts and in each host's own", async () => {
    const sudoPassword = "p";
    const command = { command: "true", sudoPassword };
    const sides = {
      ...{ gate: command, health: command, drain: command, undrain: command },
    };
    const action = {
      ...{ ...command, stdin: "s", environment: { TOKEN: "t" } },
    };
    const { inputs } = await register("all", {
      ...{ ...sides, action },
      hosts: { web1: { connection, ...sides, action } },
      lock: { name: "web", auth: [{ credentials: "u:p" }] },
    });
    const own = [
      ...["action.stdin", "action.environment", "action.sudoPassword"],
      ...["gate", "health", "drain", "undrain"].map((s) => `${s}.sudoPassword`),
    ];
    expect(secretsOf(inputs)).to.have.members([
      ...own,
      ...own.map((path) => `hosts.web1.${path}`),
      ...["hosts.web1.connection", "lock.auth"],
    ]);
  });

  it("keeps secret as a whole what is not known while the program runs", async () => {
    const hosts = pulumi.output({ web1: { connection } });
    const { inputs } = await register("output", { hosts });
    expect(secretsOf(inputs)).to.deep.equal(["hosts"]);
    const one = { web1: pulumi.output({ connection }), web2: { connection } };
    const { inputs: mixed } = await register("mixed", { hosts: one });
    expect(secretsOf(mixed)).to.have.members([
      ...["hosts.web1", "hosts.web2.connection"],
    ]);
  });

  it("makes one field of an action or a lock that is an output secret, and no other", async () => {
    const action = pulumi.output({ command: "true", stdin: "s" });
    const lock = pulumi.output({ name: "web", auth: [{ credentials: "u" }] });
    const { inputs } = await register("outputs", { action, lock });
    expect(secretsOf(inputs)).to.have.members([
      ...["hosts.web1.connection", "hosts.web2.connection"],
      // what is not there is known to be so only once the output is
      ...["action.stdin", "action.environment", "action.sudoPassword"],
      "lock.auth",
    ]);
    expect(inputs.action).to.deep.include({ command: "true" });
    expect(inputs.lock).to.deep.include({ name: "web" });
  });

  it("takes the same arguments twice, and does not change them", async () => {
    const before = JSON.stringify(args);
    await register("twice-1");
    await register("twice-2");
    expect(JSON.stringify(args)).to.equal(before);
  });

  it("passes on what it does not know, for the provider to complain about", async () => {
    const host = { connection, grup: "a" };
    const { inputs } = await register("unknown", { hosts: { web1: host } });
    const { web1 } = inputs.hosts as Record<string, Properties>;
    expect(web1!.grup).to.equal("a");
  });

  it("has its outputs", async () => {
    const { resource } = await register("results");
    const told = await new Promise((done) =>
      pulumi.all([resource.results, resource.summary]).apply(done),
    );
    expect(told).to.deep.equal([
      ...[{ web1: { outcome: "acted", verified: true } }, "2 of 2 done"],
    ]);
  });

  it("is checked by the compiler: what is required, what may be an output, what does not exist", () => {
    const name = pulumi.output("web");
    // never run: tsc is the judge
    const programs = () => [
      new RollingAction("a", {
        hosts: pulumi.output({ web1: { connection } }),
        action: pulumi.output({ service: "nginx" }),
        lock: { name, servers: name },
        ...{ maxUnavailable: "25%", groups: "together", order: [name] },
        canary: { count: pulumi.output(1), minHealthy: 60 },
      }),
      // @ts-expect-error no hosts
      new RollingAction("b", { action: { command: "true" }, lock: { name } }),
      // @ts-expect-error the data of the lock belongs to each host
      new RollingAction("c", { ...args, lock: { name, data: "rack" } }),
      // @ts-expect-error no such way
      new RollingAction("d", { ...args, groups: "apart" }),
      // @ts-expect-error a host without connection
      new RollingAction("e", { ...args, hosts: { web1: { group: "a" } } }),
    ];
    expect(programs).to.be.a("function");
  });
});
