import { execFileSync } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { eventually } from "../support/eventually";
import { keygen, startHosts } from "../support/hosts";
import { connect } from "./connect";
import { dialling } from "./dialling";

describe("dialling a host", () => {
  const at = dialling();
  const { to, failure, works } = at;

  describe("logs in", () => {
    it("with an encrypted key", async () => {
      const file = path.join(at.sandbox.dir, "encrypted");
      fs.writeFileSync(file, at.fleet.privateKey, { mode: 0o600 });
      execFileSync("ssh-keygen", [
        "-q",
        "-p",
        "-P",
        "",
        "-N",
        "secret",
        "-a",
        "1",
        "-f",
        file,
      ]);
      const privateKey = fs.readFileSync(file, "utf8");
      expect(
        await works(to("web1", { privateKey, privateKeyPassword: "secret" })),
      ).to.equal("web1");
      const error = await failure(
        to("web1", { privateKey, dialErrorLimit: 3 }),
      );
      expect(error.message).to.contain(
        "the private key is encrypted: privateKeyPassword is needed",
      );
      expect(error.tries).to.have.length(1);
    });

    it("with an agent, which may be dead if there is another way", async () => {
      const socket = path.join(at.sandbox.dir, "agent");
      const agent = at.sandbox.spawn("ssh-agent", ["-D", "-a", socket]);
      await eventually("the agent listens", () => fs.existsSync(socket));
      execFileSync("ssh-add", ["-q", "-"], {
        input: at.fleet.privateKey,
        env: { ...process.env, SSH_AUTH_SOCK: socket },
        stdio: ["pipe", "ignore", "ignore"],
      });
      const { privateKey, ...keyless } = to("web1");
      expect(await works({ ...keyless, agentSocketPath: socket })).to.equal(
        "web1",
      );
      const own = process.env.SSH_AUTH_SOCK;
      process.env.SSH_AUTH_SOCK = socket;
      expect(await works(keyless)).to.equal("web1");
      if (own === undefined) delete process.env.SSH_AUTH_SOCK;
      else process.env.SSH_AUTH_SOCK = own;
      agent.kill("SIGKILL");
      await once(agent, "exit");
      const error = await failure({
        ...keyless,
        agentSocketPath: socket,
        dialErrorLimit: 3,
      });
      expect(error.message).to.match(
        /^127.0.0.1:\d+: the host does not let \S+ in: tried agent \(agent: Failed to connect to agent\); certificates and security keys \(sk-…\) of an agent are not used$/,
      );
      expect(error.retriable).to.equal(false);
      expect(
        await works({
          ...keyless,
          agentSocketPath: socket,
          privateKey: privateKey!,
        }),
      ).to.equal("web1");
    });

    it("or says what it tried before the host had enough, and why", async () => {
      const fleet = await startHosts(at.sandbox, ["strict"], {
        config: ["MaxAuthTries 1"],
      });
      const { privateKey } = keygen(path.join(at.sandbox.dir, "other"));
      const error = await failure(
        connect({
          ...fleet.connection("strict"),
          ...{ privateKey, password: "x", dialErrorLimit: 3 },
        }),
      );
      expect(error.message).to.match(
        /^127.0.0.1:\d+: the host does not let \S+ in: tried privateKey; the host says: Too many authentication failures$/,
      );
      expect(error.tries).to.have.length(1);
    });

    it("or says what it tried and what the host offers, once", async () => {
      const { privateKey } = keygen(path.join(at.sandbox.dir, "stranger"));
      const error = await failure(
        to("web1", { privateKey, password: "pass word", dialErrorLimit: 5 }),
      );
      expect(error.message).to.match(
        /the host does not let \S+ in: tried privateKey, password, keyboard-interactive; it offers publickey$/,
      );
      expect(error.message + error.tries.join()).to.not.contain("pass word");
      expect(error.tries).to.have.length(1);
      const nothing = to("web1", { agentSocketPath: "" });
      delete nothing.privateKey;
      expect((await failure(nothing)).message).to.contain(
        "there is no privateKey, agent or password",
      );
    });
  });
});
