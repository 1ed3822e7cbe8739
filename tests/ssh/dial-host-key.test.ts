import fs from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { keygen, startHosts } from "../support/hosts";
import { connect } from "./connect";
import { dialling } from "./dialling";

describe("dialling a host", () => {
  const at = dialling();
  const { to, failure, works } = at;

  describe("checks the host key", () => {
    it("and never tries again with a wrong one", async () => {
      const knownHosts = `[127.0.0.1]:${at.fleet.host("web1").port} ${at.fleet.host("web2").hostKey}`;
      const error = await failure(
        to("web1", { knownHosts, dialErrorLimit: 5 }),
      );
      expect(error.message).to.match(
        /^127.0.0.1:\d+: the host key is not the one in known_hosts: expected SHA256:.{43} \(ssh-ed25519, line 1\), seen SHA256:.{43} \(ssh-ed25519\)$/,
      );
      expect(error.tries).to.have.length(1);
      expect(error.retriable).to.equal(false);
    });

    it("against the runner's own known_hosts by default", async () => {
      const home = process.env.HOME;
      process.env.HOME = fs.mkdtempSync(path.join(at.sandbox.dir, "home-"));
      try {
        const { knownHosts, ...rest } = to("web1");
        expect((await failure(rest)).message).to.contain(
          "the host key is unknown",
        );
        fs.mkdirSync(path.join(process.env.HOME, ".ssh"));
        fs.writeFileSync(
          path.join(process.env.HOME, ".ssh/known_hosts"),
          knownHosts!,
        );
        expect(await works(rest)).to.equal("web1");
      } finally {
        process.env.HOME = home;
      }
    });

    it("by a pinned key, and not at all only when told so", async () => {
      const { hostKey } = at.fleet.host("web1");
      expect(await works(to("web1", { knownHosts: "", hostKey }))).to.equal(
        "web1",
      );
      expect(
        await works(
          to("web1", { knownHosts: "", insecureIgnoreHostKey: true }),
        ),
      ).to.equal("web1");
    });

    it("asks for the type that is known, and says so if the host has none", async () => {
      const ecdsa = keygen(path.join(at.sandbox.dir, "other-type"), {
        type: "ecdsa",
      });
      const knownHosts = `[127.0.0.1]:${at.fleet.host("web1").port} ${ecdsa.publicKey}`;
      const error = await failure(to("web1", { knownHosts }));
      expect(error.message).to.contain(
        "the host has no key of a type that is known and allowed: asked for ecdsa-sha2-nistp256",
      );
      expect(error.retriable).to.equal(false);
    });

    it("of a host with several keys by the one that is known", async () => {
      const file = path.join(at.sandbox.dir, "second-key");
      const rsa = keygen(file, { type: "rsa", options: ["-b", "2048"] });
      const two = await startHosts(at.sandbox, ["two"], {
        config: [`HostKey ${file}`],
      });
      const knownHosts = `[127.0.0.1]:${two.host("two").port} ${rsa.publicKey}`;
      expect(
        await works(connect({ ...two.connection("two"), knownHosts })),
      ).to.equal("two");
    });
  });
});
