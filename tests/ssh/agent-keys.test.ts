import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { createHostPool } from "../../core/ssh/pool";
import { DialError, type HostPool } from "../../core/ssh/types";
import { eventually } from "../support/eventually";
import { keygen } from "../support/hosts";
import { Sandbox } from "../support/sandbox";
import {
  needsPrivateHosts,
  startPrivateHost,
  type PrivateHost,
} from "./private-host";

describe("logging in with what an agent holds", () => {
  needsPrivateHosts();
  let sandbox: Sandbox;
  let pool: HostPool;
  let host: PrivateHost;
  let socket: string;

  before(async () => {
    sandbox = await Sandbox.create();
    const ca = keygen(path.join(sandbox.dir, "ca"));
    fs.writeFileSync(path.join(sandbox.dir, "trusted"), ca.publicKey);
    host = await startPrivateHost(sandbox, [], {
      config: [`TrustedUserCAKeys ${sandbox.dir}/trusted`],
    });
    socket = path.join(sandbox.dir, "agent");
    sandbox.spawn("ssh-agent", ["-D", "-a", socket]);
    await eventually("the agent listens", () => fs.existsSync(socket));
  });
  after(() => sandbox?.stop());
  beforeEach(() => {
    pool = createHostPool();
    add("-D");
  });
  afterEach(() => pool.close());

  const add = (...args: string[]) =>
    execFileSync("ssh-add", ["-q", ...args], {
      env: { ...process.env, SSH_AUTH_SOCK: socket },
      stdio: "ignore",
    });
  const options = () => {
    const { privateKey: _own, ...rest } = host.connection("root");
    expect(_own).to.be.a("string");
    return { ...rest, agentSocketPath: socket };
  };
  const works = async () => {
    const lease = await pool.lease(options());
    const { stdout } = await lease.run({ body: "echo in", timeout: 20 });
    lease.release();
    return stdout.trim();
  };

  for (const [type, more] of [
    ["ed25519", []],
    ["ecdsa", ["-b", "256"]],
    ["ecdsa", ["-b", "521"]],
    ["rsa", ["-b", "2048"]],
  ] as [string, string[]][])
    it(`works with a key of type ${[type, ...more].join(" ")}, among others that nobody knows`, async () => {
      const file = path.join(sandbox.dir, `${type}${more.join("")}`);
      const { publicKey } = keygen(file, { type, options: more });
      keygen(`${file}-other`, { type, options: more });
      fs.appendFileSync(`${host.dir}/authorized_keys`, publicKey);
      add(`${file}-other`);
      add(file);
      expect(await works()).to.equal("in");
    });

  it("says of a certificate that it is not used, where nothing else lets in", async () => {
    const file = path.join(sandbox.dir, "certified");
    keygen(file);
    const ca = path.join(sandbox.dir, "ca");
    execFileSync("ssh-keygen", [
      ...["-q", "-s", ca, "-I", "test", "-n", "root", `${file}.pub`],
    ]);
    add(file);
    const error = await pool.lease(options()).catch((e: unknown) => e);
    expect(error).to.be.instanceOf(DialError);
    expect((error as DialError).message).to.match(
      /the host does not let root in: tried agent.*; certificates and security keys \(sk-…\) of an agent are not used$/,
    );
    expect((error as DialError).retriable).to.equal(false);
  });

  it("says what to do where an agent holds more keys than the host allows tries", async () => {
    for (let i = 0; i < 8; i++) {
      keygen(path.join(sandbox.dir, `many${i}`));
      add(path.join(sandbox.dir, `many${i}`));
    }
    const error = await pool.lease(options()).catch((e: unknown) => e);
    expect((error as DialError).message).to.match(
      /Too many authentication failures; the agent may hold more keys than the host allows tries: give privateKey, or an agent with the one key$/,
    );
  });
});

describe("no algorithm in common with a host", () => {
  needsPrivateHosts();
  for (const [what, config, asked, offers] of [
    [
      "KEX method",
      "KexAlgorithms diffie-hellman-group1-sha1",
      "curve25519-sha256",
      "diffie-hellman-group1-sha1",
    ],
    ["C->S cipher", "Ciphers 3des-cbc", "aes128-gcm@openssh.com", "3des-cbc"],
    [
      "C->S MAC",
      "MACs umac-64@openssh.com",
      "hmac-sha2-256",
      "umac-64@openssh.com",
    ],
  ] as const)
    it(`names both offers: ${what}`, async () => {
      const sandbox = await Sandbox.create();
      const pool = createHostPool();
      try {
        // a cipher that needs a MAC, so that there is one to disagree on
        const more = what.endsWith("MAC") ? ["Ciphers aes128-ctr"] : [];
        const host = await startPrivateHost(sandbox, [], {
          config: [config, ...more],
        });
        const to = { ...host.connection("root"), dialErrorLimit: 5 };
        const error = await pool.lease(to).catch((e: unknown) => e);
        expect(error).to.be.instanceOf(DialError);
        const { message, tries, retriable } = error as DialError;
        expect([tries.length, retriable]).to.deep.equal([1, false]);
        expect(message).to.contain(
          `: no common algorithm (${what}): asked for `,
        );
        const [own, theirs] = message.split("; the host offers ");
        expect(own).to.contain(asked);
        expect(theirs).to.contain(offers);
        expect(message).to.not.contain("cannot be reached");
      } finally {
        pool.close();
        await sandbox.stop();
      }
    });
});
