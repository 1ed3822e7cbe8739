import { expect } from "chai";
import fs from "node:fs";
import path from "node:path";
import { LocalStack } from "../../engine";
import { startHosts, type Fleet } from "../support/hosts";
import { makeProject } from "../support/project";
import { Sandbox } from "../support/sandbox";
import { errorsOf } from "../support/scene";
import { Observer, Service } from "../support/services";
import { eventually } from "../support/eventually";
import { openStack, PASSPHRASE, type ConfigValue } from "../support/stack";
import { startZookeeper, type ZookeeperServer } from "../support/zookeeper";

const examples = path.join(__dirname, "../../examples");

// rolling-restart has a file of its own
describe("the examples", () => {
  let sandbox: Sandbox;
  let zookeeper: ZookeeperServer;
  let fleet: Fleet;

  before(async () => {
    sandbox = await Sandbox.create();
    [zookeeper, fleet] = await Promise.all([
      startZookeeper(sandbox),
      startHosts(sandbox, ["web1", "web2", "web3", "web4"]),
    ]);
  });
  after(() => sandbox.stop());

  async function open(name: string, config: Record<string, ConfigValue>) {
    const program = fs.readFileSync(
      path.join(examples, name, "index.ts"),
      "utf8",
    );
    const project = await makeProject(sandbox, {
      name,
      program,
      withPackage: true,
    });
    const own = Object.fromEntries(
      Object.entries({
        user: fleet.hosts[0]!.user,
        knownHosts: fleet.knownHosts,
        privateKey: { secret: fleet.privateKey },
        ...config,
      }).map(([key, value]) => [`${name}:${key}`, value]),
    );
    return openStack(project, "example", {
      env: sandbox.env,
      config: {
        ...own,
        "locked-action:zookeeperServers": zookeeper.connect,
      },
    });
  }

  it("quick-start restarts one service, and again with another version", async () => {
    const service = Service.install(
      sandbox,
      fleet.host("web1"),
      `quick-${sandbox.mark}`,
    );
    service.byHand("start");
    const stack = await open("quick-start", {
      host: "127.0.0.1",
      port: String(fleet.host("web1").port),
      command: `${service.control} restart`,
      pattern: service.pattern,
      version: "1",
    });
    for (const version of ["1", "2"]) {
      const before = service.identity();
      await stack.setConfig("quick-start:version", version);
      const result = await stack.up();
      expect(errorsOf(result)).to.equal("");
      expect(service.identity()).to.be.a("string").and.not.equal(before);
      expect(stack.outputs()).to.deep.include({
        outcome: "acted",
        before: [before],
        after: [service.identity()],
      });
    }
  });

  it("fragile-endpoint lets the clients go one at a time, by exit code alone", async () => {
    const busy = path.join(sandbox.dir, "licence-in-use");
    const stack = await open("fragile-endpoint", {
      clients: JSON.stringify(
        fleet.hosts.map(({ name, port }) => ({
          name,
          host: "127.0.0.1",
          port,
        })),
      ),
      // fails if another client is at it
      command: `mkdir ${busy} && sleep 0.2 && rmdir ${busy}`,
      licence: "2027",
    });
    const result = await stack.up({ parallel: 3 });
    expect(errorsOf(result)).to.equal("");
    expect(stack.outputs().verified).to.deep.equal(
      fleet.hosts.map(() => ["exitCode"]),
    );
  });

  describe("of RollingAction", () => {
    let services: Service[];
    before(() => {
      services = fleet.hosts.map((host) =>
        Service.install(sandbox, host, `${host.name}-${sandbox.mark}`),
      );
      for (const service of services) service.byHand("start", "first");
    });
    beforeEach(() => services.forEach((service) => service.forget()));

    /** Two racks, web1 and web2 in the first. */
    const rackOf = ({ host }: Service) =>
      services.findIndex((each) => each.host === host) < 2 ? "a" : "b";

    const openRoll = (name: string, config: Record<string, string> = {}) =>
      open(name, {
        hosts: JSON.stringify(
          Object.fromEntries(
            services.map((service) => [
              service.host.name,
              {
                ...{ host: "127.0.0.1", port: service.host.port },
                process: service.pattern,
                ...(name === "rolling-racks" && { rack: rackOf(service) }),
              },
            ]),
          ),
        ),
        // the same on every host: each finds its own control script
        command: `"$LOCKED_ACTION_HOST_DIR/$DEMO_HOST-${sandbox.mark}ctl" restart`,
        version: "1",
        ...config,
      });

    const acts = () => services.map((service) => service.acts.length);

    async function rolled(name: string): Promise<Observer> {
      const stack = await openRoll(name);
      const seen = new Observer(services, [], rackOf);
      for (const service of services) service.hold();
      const running = stack.up();
      await seen.sees(1);
      for (const service of services) service.letGo();
      const result = await running;
      seen.stop();
      expect(errorsOf(result)).to.equal("");
      expect(stack.outputs().summary).to.equal("4 of 4 done");
      expect(acts()).to.deep.equal([1, 1, 1, 1]);
      return seen;
    }

    it("rolling-percent restarts a quarter at once", async () => {
      const { mostDown } = await rolled("rolling-percent");
      expect(mostDown).to.equal(1);
    });

    it("rolling-racks finishes one rack before the next", async () => {
      const { mostGroups, mostOfOneGroup } = await rolled("rolling-racks");
      expect(mostGroups).to.equal(1);
      expect(mostOfOneGroup).to.be.at.most(2);
    });

    it("rolling-canary waits for the cluster, then for its canary; a bad canary is the only one touched", async () => {
      const [asked, green] = ["asked", "green"].map((name) =>
        path.join(sandbox.dir, name),
      );
      const stack = await openRoll("rolling-canary", {
        clusterIsGreen: `echo "$LOCKED_ACTION_HOST" >>${asked}; [ -e ${green} ] || exit 75`,
        hostIsHealthy: "true",
        ...{ healthySeconds: "0", canarySeconds: "0.5" },
      });
      const roll = stack.up();
      const questions = () =>
        fs.existsSync(asked!) ? fs.readFileSync(asked!, "utf8") : "";
      await eventually("it is asked again", () =>
        /web1\n.*web1\n/s.test(questions()),
      );
      expect(acts()).to.deep.equal([0, 0, 0, 0]);
      fs.writeFileSync(green!, "");
      expect(errorsOf(await roll)).to.equal("");
      const results = stack.outputs().results as Record<
        string,
        { at: string; canary?: boolean }
      >;
      const { web1, ...others } = results;
      expect(web1!.canary).to.equal(true);
      for (const { at } of Object.values(others))
        expect(Date.parse(at)).to.be.above(Date.parse(web1!.at));
      expect(acts()).to.deep.equal([1, 1, 1, 1]);

      await stack.setConfig("rolling-canary:command", "exit 3");
      const bad = await stack.up();
      expect(errorsOf(bad)).to.match(/canary/);
      expect(errorsOf(bad)).to.match(/web1: act: .*exit(ed with)? 3/);
      expect(acts()).to.deep.equal([1, 1, 1, 1]);
    });
  });

  it("the repository itself is a project, with the quick start as its program", async () => {
    const { name, port } = fleet.host("web2");
    const root = path.join(__dirname, "../..");
    const result = await new LocalStack({
      projectDir: root,
      stateFile: path.join(sandbox.dir, "repository.state.json"),
      stack: "own",
      passphrase: PASSPHRASE,
      env: sandbox.env,
      config: {
        "pulumi-locked-action:host": { value: "127.0.0.1" },
        "pulumi-locked-action:port": { value: String(port) },
        "pulumi-locked-action:privateKey": {
          value: fleet.privateKey,
          secret: true,
        },
        "pulumi-locked-action:version": { value: name },
        "locked-action:zookeeperServers": { value: zookeeper.connect },
      },
    }).preview();
    expect(errorsOf(result)).to.equal("");
    expect(result.summary.create).to.equal(2); // the stack is one
  });

  for (const name of fs.readdirSync(examples))
    it(`${name} is a whole project`, () => {
      for (const file of ["Pulumi.yaml", "package.json", "tsconfig.json"])
        expect(
          fs.existsSync(path.join(examples, name, file)),
          `${name}/${file}`,
        ).to.equal(true);
    });
});
