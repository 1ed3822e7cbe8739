import { expect } from "chai";
import fs from "node:fs";
import path from "node:path";
import { createSessionPool } from "../../core/zookeeper/pool";
import type { Session } from "../../core/zookeeper/session";
import { openScene, type Args, type Scene } from "../support/scene";
import type { EngineEvent, Stack } from "../support/stack";
import { Steps } from "../support/steps";

const HOSTS = ["well", "loud", "quiet"];

/** Each is in one place only, so that a leak says where it comes from. */
const MARKERS = {
  password: "marker-password-1f0a",
  passphrase: "marker-passphrase-2b7c",
  proxyPassword: "marker-proxy-3d41",
  stdin: "marker-stdin-4e92",
  environment: "marker-environment-5a6f",
  sudoPassword: "marker-sudo-6c08",
  gatePassword: "marker-gate-7e55",
  lockAuth: "marker-lockauth-8d13",
  configAuth: "marker-configauth-9b27",
  command: "marker-command-a0c4",
  trigger: "marker-trigger-b3d9",
  bad: "marker-badinput-c8e1",
};

// Plain where a user might forget, secret where one would not; nothing else tells them apart.
const PROGRAM = `
const pulumi = require("@pulumi/pulumi");
const { LockedAction } = require("pulumi-locked-action");

const config = new pulumi.Config();
const secret = config.requireSecretObject("markers");
const actions = config.requireObject("actions");
for (const [name, args] of Object.entries(actions)) {
  const { connection, action, ...rest } = args;
  new LockedAction(name, {
    ...rest,
    connection: { ...connection, privateKey: config.require("privateKey") },
    action: {
      ...action,
      command: pulumi.interpolate\`# \${secret.command}
\${action.command}\`,
      environment: { ...action.environment, TOKEN: secret.environment },
    },
    triggers: [secret.trigger, ...rest.triggers],
  });
}
`;

describe("secrets", () => {
  let scene: Scene;
  let stack: Stack;
  const told: string[] = [];
  before(async () => {
    scene = await openScene(HOSTS);
    await scene.project.write("index.js", PROGRAM);
    stack = await scene.openStack("secrets", {});
    const { command, environment, trigger } = MARKERS;
    await stack.setConfig("scene:markers", {
      secret: JSON.stringify({ command, environment, trigger }),
    });
    await stack.setConfig("locked-action:zookeeperAuth", {
      secret: `digest:config:${MARKERS.configAuth}`,
    });
  });
  after(() => scene.stop());

  const row = (name: string, over: Record<string, unknown> = {}): Args => {
    const steps = new Steps(scene.fleet.host(name));
    const { lock, ...rest } = over;
    const args = scene.restart(name, {
      gate: { command: "true", sudoPassword: MARKERS.gatePassword },
      ...rest,
      lock: { name, ...(lock as object) },
    });
    const { control } = scene.service(name);
    const says = 'read line; echo "$TOKEN $line" | tee /dev/stderr';
    return {
      ...args,
      connection: {
        ...(args.connection as object),
        password: MARKERS.password,
        privateKeyPassword: MARKERS.passphrase,
      },
      action: {
        command: `${steps.text("act", `${control} restart`)}\n${says}\n[ ! -e "$LOCKED_ACTION_HOST_DIR/bad" ] || exit 3`,
        stdin: `${MARKERS.stdin}\n`,
        environment: { OTHER: "plain" },
        sudoPassword: MARKERS.sudoPassword,
      },
    };
  };

  const onEvent = (event: EngineEvent) => void told.push(JSON.stringify(event));

  const expectNone = (where: string, text: string) => {
    for (const [name, marker] of Object.entries(MARKERS)) {
      const base64 = Buffer.from(marker).toString("base64").slice(0, -4);
      for (const form of [marker, base64])
        expect(text.includes(form), `${name} in ${where}`).to.equal(false);
    }
    const [, line] = scene.fleet.privateKey.split("\n");
    for (const part of ["PRIVATE KEY", line!])
      expect(text.includes(part), `privateKey in ${where}`).to.equal(false);
  };

  it("are in no command line while they are at work", async () => {
    fs.writeFileSync(path.join(scene.fleet.host("loud").dir, "bad"), "");
    fs.writeFileSync(path.join(scene.fleet.host("quiet").dir, "bad"), "");
    for (const name of HOSTS) new Steps(scene.fleet.host(name)).hold("act");
    const auth = [{ credentials: `web:${MARKERS.lockAuth}` }];
    await scene.setActions(stack, {
      well: row("well", { lock: { auth }, logging: "stdoutAndStderr" }),
      loud: row("loud", { lock: { auth }, logging: "stdoutAndStderr" }),
      quiet: row("quiet", { lock: { root: "/other-root" } }),
    });
    const up = stack.up({ parallel: 8, onEvent });
    for (const name of HOSTS)
      await new Steps(scene.fleet.host(name)).reached("act");
    expectNone("command lines", commandLines());
    expectNone("files on the hosts", filesOf(scene));
    expectNone("ZooKeeper", await tree());
    for (const name of HOSTS) new Steps(scene.fleet.host(name)).mend();
    const result = await up;
    expect(result.ok).to.equal(false);
    told.push(JSON.stringify(result));
    // what was printed was let through, but for the secrets in it
    expect(told.join("\n")).to.match(/stderr: \[secret\] \[secret\]/);
  });

  it("are in the state as ciphertext only", async () => {
    expectNone("state", JSON.stringify(await stack.state()));
  });

  it("are on no host and in no node of ZooKeeper afterwards", async () => {
    expectNone("files on the hosts", filesOf(scene));
    const nodes = await tree();
    expect(nodes).to.include("exit 3");
    expectNone("ZooKeeper", nodes);
  });

  it("are not repeated when an input is bad", async () => {
    const bad = row("well", {
      lock: { maxHolders: MARKERS.bad, chef: { root: MARKERS.bad } },
      logging: MARKERS.bad,
      process: { commandString: `[${MARKERS.bad}` },
    });
    const connection = {
      ...(bad.connection as object),
      port: MARKERS.bad,
      proxy: { host: "", password: MARKERS.proxyPassword },
    };
    await scene.setActions(stack, { well: { ...bad, connection } });
    const result = await stack.preview({ onEvent });
    expect(result.ok).to.equal(false);
    const said = JSON.stringify(result);
    for (const property of ["lock.maxHolders", "connection.port", "logging"])
      expect(said).to.include(`${property}: expected`);
    told.push(said);
  });

  it("are in nothing that was told, at any level", async () => {
    for (const name of ["loud", "quiet"])
      fs.rmSync(path.join(scene.fleet.host(name).dir, "bad"));
    const auth = [{ credentials: `web:${MARKERS.lockAuth}` }];
    await scene.setActions(stack, {
      loud: row("loud", { lock: { auth }, logging: "stdoutAndStderr" }),
      quiet: row("quiet", { lock: { root: "/other-root" } }),
    });
    for (const result of [
      await stack.up({ onEvent }),
      await stack.destroy({ onEvent }),
    ])
      told.push(JSON.stringify(result));
    expectNone("output", told.join("\n"));
    expectNone("state", JSON.stringify(await stack.state()));
  });

  /** Of all processes of this machine: the hosts share them. */
  function commandLines(): string {
    return fs
      .readdirSync("/proc")
      .filter((name) => /^\d+$/.test(name))
      .map((pid) => {
        try {
          return fs.readFileSync(`/proc/${pid}/cmdline`, "latin1");
        } catch {
          return ""; // gone
        }
      })
      .join("\n");
  }

  /** Names and data of all nodes, read with all the credentials there are. */
  async function tree(): Promise<string> {
    const pool = createSessionPool();
    const lists = ["web", "config"].map((user) => ({
      scheme: "digest",
      credentials: `${user}:${user === "web" ? MARKERS.lockAuth : MARKERS.configAuth}`,
    }));
    try {
      const { session } = await pool.lease({
        ...{ servers: scene.zookeeper.connect, auth: lists },
      });
      // a root that is made with credentials is closed to others
      const roots = ["/locked-action", "/other-root"];
      const nodes = roots.map((root) => nodesBelow(session, root));
      return (await Promise.all(nodes)).flat().join("\n");
    } finally {
      await pool.close();
    }
  }
});

async function nodesBelow(session: Session, node: string): Promise<string[]> {
  const { code, data } = await session.getData(node);
  expect(code, node).to.equal("OK");
  const { children = [] } = await session.getChildren(node);
  const below = await Promise.all(
    children.map((child) => nodesBelow(session, `${node}/${child}`)),
  );
  return [`${node} ${data?.toString("latin1")}`, ...below.flat()];
}

/** Everything below the homes of the hosts, the logs of their sshd included. */
function filesOf({ fleet }: Scene): string {
  return fleet.hosts
    .flatMap(({ dir }) =>
      fs
        .readdirSync(dir, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map(({ parentPath, name }) => {
          const file = path.join(parentPath, name);
          return `${file} ${fs.readFileSync(file, "latin1")}`;
        }),
    )
    .join("\n");
}
