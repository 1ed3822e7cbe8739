import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { hostKeyPolicy, describeHostKeyProblem } from "../../core/ssh/host-key";
import { fingerprint } from "../../core/ssh/fingerprint";
import { lookUp, parseKnownHosts } from "../../core/ssh/known-hosts";
import { keygen } from "../support/hosts";
import { Sandbox } from "../support/sandbox";

describe("known hosts", () => {
  let sandbox: Sandbox;
  let key: string;
  let other: string;
  let rsa: string;

  before(async () => {
    sandbox = await Sandbox.create();
    const make = (name: string, type: string) =>
      keygen(path.join(sandbox.dir, name), { type }).publicKey.trim();
    key = make("key", "ed25519");
    other = make("other", "ed25519");
    rsa = make("rsa", "ecdsa");
  });
  after(() => sandbox.stop());

  const blob = (line: string) => Buffer.from(line.split(" ")[1]!, "base64");
  const found = (text: string, host: string, port = 22) =>
    lookUp(parseKnownHosts(text), host, port).keys.length;
  const problem = (
    knownHosts: string,
    seen: string,
    { host = "web1", port = 22 } = {},
  ) =>
    hostKeyPolicy({
      host,
      port,
      knownHosts,
      insecureIgnoreHostKey: false,
    }).problem(blob(seen));

  it("finds a host by its name, whatever its case, and by each of several names", () => {
    expect(found(`web1,10.0.0.1 ${key}`, "web1")).to.equal(1);
    expect(found(`web1,10.0.0.1 ${key}`, "10.0.0.1")).to.equal(1);
    expect(found(`WEB1 ${key}`, "Web1")).to.equal(1);
    expect(found(`web1 ${key}`, "web11")).to.equal(0);
  });

  it("finds a host on another port as [host]:port, IPv6 addresses too", () => {
    expect(found(`[web1]:2222 ${key}`, "web1", 2222)).to.equal(1);
    expect(found(`[web1]:2222 ${key}`, "web1")).to.equal(0);
    expect(found(`[::1]:2222 ${key}`, "::1", 2222)).to.equal(1);
    expect(found(`::1 ${key}`, "::1")).to.equal(1);
  });

  it("understands wildcards, and a negation outweighs them", () => {
    expect(found(`*.example.org ${key}`, "a.example.org")).to.equal(1);
    expect(found(`web? ${key}`, "web1")).to.equal(1);
    expect(found(`web? ${key}`, "web10")).to.equal(0);
    expect(found(`w*,!web2 ${key}`, "web1")).to.equal(1);
    expect(found(`w*,!web2 ${key}`, "web2")).to.equal(0);
    expect(found(`a.b ${key}`, "axb")).to.equal(0);
  });

  it("is not slowed down by a pattern of many stars", () => {
    expect(found(`${"*".repeat(60)}x ${key}`, "a".repeat(200))).to.equal(0);
    expect(found(`${"*a".repeat(30)}x ${key}`, "a".repeat(60))).to.equal(0);
  });

  it("finds names that ssh-keygen has hashed", () => {
    const file = path.join(sandbox.dir, "hashed");
    fs.writeFileSync(file, `web1 ${key}\n[web1]:2222 ${other}\n`);
    execFileSync("ssh-keygen", ["-q", "-H", "-f", file], { stdio: "ignore" });
    const text = fs.readFileSync(file, "utf8");
    expect(text).to.match(/^\|1\|/);
    expect(found(text, "web1")).to.equal(1);
    expect(found(text, "web1", 2222)).to.equal(1);
    expect(found(text, "web2")).to.equal(0);
  });

  it("passes over comments, blank and broken lines, and keys that are not what they say", () => {
    const lines = ["# web1", "", "web1", "web1 ssh-rsa", "@strange web1 x y"];
    lines.push(`web1 ssh-rsa ${key.split(" ")[1]}`, `web1 ${key}`);
    expect(found(lines.join("\r\n"), "web1")).to.equal(1);
  });

  it("accepts the key that it knows, and asks for its type only", () => {
    expect(problem(`web1 ${key}`, key)).to.equal(null);
    const policy = hostKeyPolicy({
      host: "web1",
      port: 22,
      knownHosts: `web1 ${rsa}`,
      insecureIgnoreHostKey: false,
    });
    expect(policy.algorithms).to.deep.equal(["ecdsa-sha2-nistp256"]);
  });

  it("accepts the key of the usual port on another one, as OpenSSH does", () => {
    expect(problem(`web1 ${key}`, key, { port: 2222 })).to.equal(null);
  });

  it("counts the plain name only where [host]:port has no entry, as OpenSSH does", () => {
    const text = `[web1]:2222 ${key}\nweb1 ${other}`;
    expect(problem(text, key, { port: 2222 })).to.equal(null);
    expect(problem(text, other, { port: 2222 })).to.match(
      /^the host key is not the one in known_hosts: expected .*line 1\), seen/,
    );
    expect(problem(text, other)).to.equal(null);
    const policy = hostKeyPolicy({
      ...{ host: "web1", port: 2222, insecureIgnoreHostKey: false },
      knownHosts: `[web1]:2222 ${rsa}\nweb1 ${key}`,
    });
    expect(policy.algorithms).to.deep.equal(["ecdsa-sha2-nistp256"]);
  });

  it("offers no signature by SHA-1 unless it is asked for", () => {
    const { publicKey } = keygen(path.join(sandbox.dir, "real-rsa"), {
      type: "rsa",
    });
    const offered = (more: object) =>
      hostKeyPolicy({
        ...{ host: "web1", port: 22, insecureIgnoreHostKey: false },
        ...more,
      }).algorithms;
    const print = { hostKey: fingerprint(blob(key)) };
    const line = { knownHosts: `web1 ${publicKey}` };
    for (const way of [line, print, { insecureIgnoreHostKey: true }, {}]) {
      expect(offered(way))
        .to.include("rsa-sha2-512")
        .and.not.include("ssh-rsa");
      expect(offered({ ...way, insecureAllowSha1: true }).at(-1)).to.equal(
        "ssh-rsa",
      );
    }
    const ecdsa = { knownHosts: `web1 ${rsa}`, insecureAllowSha1: true };
    expect(offered(ecdsa)).to.deep.equal(["ecdsa-sha2-nistp256"]);
  });

  it("tells both fingerprints when the key is another one", () => {
    expect(problem(`web1 ${key}`, other)).to.equal(
      `the host key is not the one in known_hosts: expected ${fingerprint(blob(key))} (ssh-ed25519, line 1), seen ${fingerprint(blob(other))} (ssh-ed25519)`,
    );
  });

  it("tells of an unknown host what to add to known_hosts", () => {
    expect(problem("", key, { port: 2222 })).to.equal(
      `the host key is unknown: seen ${fingerprint(blob(key))} (ssh-ed25519); if that is the host's, add to known_hosts: [web1]:2222 ${key.split(" ").slice(0, 2).join(" ")}`,
    );
  });

  it("refuses a revoked key, even if another line has it as good", () => {
    const text = `web1 ${key}\n@revoked * ${key}`;
    expect(problem(text, key)).to.equal(
      `the host key is revoked in known_hosts: ${fingerprint(blob(key))} (ssh-ed25519)`,
    );
    expect(problem(text + `\nweb1 ${other}`, other)).to.equal(null);
  });

  it("says that host certificates are not supported, instead of passing over them", () => {
    expect(problem(`@cert-authority * ${other}`, key)).to.equal(
      `known_hosts has only a @cert-authority for web1, and host certificates are not supported: add the host's own key, seen ${fingerprint(blob(key))} (ssh-ed25519)`,
    );
    expect(problem(`@cert-authority * ${other}`, other)).to.not.equal(null);
    expect(problem(`@cert-authority * ${other}\nweb1 ${key}`, key)).to.equal(
      null,
    );
  });

  describe("a pinned key", () => {
    const pinned = (hostKey: string, seen: string) =>
      hostKeyPolicy({
        host: "web1",
        port: 22,
        hostKey,
        knownHosts: `web1 ${other}`,
        insecureIgnoreHostKey: true,
      }).problem(blob(seen));

    it("is the only one accepted, as a key or as a fingerprint", () => {
      expect(pinned(key, key)).to.equal(null);
      expect(pinned(`${key} with a comment\n`, key)).to.equal(null);
      expect(pinned(fingerprint(blob(key)), key)).to.equal(null);
      expect(pinned(key, other)).to.equal(
        `the host key is not the pinned one: expected ${fingerprint(blob(key))}, seen ${fingerprint(blob(other))} (ssh-ed25519)`,
      );
      expect(pinned(fingerprint(blob(key)), other)).to.contain(
        "pin the public key itself to ask for its type",
      );
    });

    it("must be one", () => {
      const expected =
        "expected a public key (`ssh-ed25519 AAAA…`) or a fingerprint (`SHA256:…`)";
      for (const text of [
        "",
        "MD5:aa:bb",
        "SHA256:short",
        "web1",
        "ssh-rsa AAAA",
      ])
        expect(describeHostKeyProblem(text), text).to.equal(expected);
      expect(describeHostKeyProblem(key)).to.equal(null);
      expect(pinned("nonsense", key)).to.equal(`hostKey: ${expected}`);
    });
  });
});
