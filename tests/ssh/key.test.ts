import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { expect } from "chai";
import { KeyError, openKey } from "../../core/ssh/key";
import { describeKeyProblem } from "../../core/ssh/key-format";
import { keygen } from "../support/hosts";
import { Sandbox } from "../support/sandbox";

describe("private keys", () => {
  let sandbox: Sandbox;
  let count = 0;
  before(async () => (sandbox = await Sandbox.create()));
  after(() => sandbox.stop());

  const file = () => path.join(sandbox.dir, `key-${count++}`);
  const openssl = (...args: string[]) =>
    execFileSync("openssl", args, {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
  const failure = async (text: string, passphrase?: string) => {
    const error = await openKey(text, passphrase).catch((e: unknown) => e);
    expect(error).to.be.instanceOf(KeyError);
    return (error as KeyError).message;
  };

  describe("of every kind can be opened", () => {
    const kinds: [string, string[]][] = [
      ["ed25519", []],
      ["ecdsa", ["-b", "256"]],
      ["ecdsa", ["-b", "384"]],
      ["ecdsa", ["-b", "521"]],
      ["rsa", ["-b", "2048"]],
    ];
    for (const [type, options] of kinds)
      for (const pem of type === "ed25519" ? [false] : [false, true])
        for (const passphrase of ["", "correct horse"])
          it(`${type} ${options[1] ?? ""} as ${pem ? "PEM" : "OpenSSH"}${passphrase ? ", encrypted" : ""}`, async () => {
            const { privateKey, publicKey } = keygen(file(), {
              type,
              passphrase,
              options: [...options, ...(pem ? ["-m", "PEM"] : ["-a", "1"])],
            });
            expect(describeKeyProblem(privateKey)).to.equal(null);
            const key = await openKey(privateKey, passphrase);
            const blob = key.getPublicSSH().toString("base64");
            expect(blob).to.equal(publicKey.split(" ")[1]);
          });

    for (const algorithm of ["ed25519", "RSA", "EC"])
      for (const passphrase of ["", "correct horse"])
        it(`${algorithm} as PKCS#8${passphrase ? ", encrypted" : ""}`, async () => {
          const target = file();
          openssl(
            ...["genpkey", "-algorithm", algorithm, "-out", target],
            ...(algorithm === "EC"
              ? ["-pkeyopt", "ec_paramgen_curve:P-256"]
              : []),
            ...(passphrase ? ["-aes256", "-pass", `pass:${passphrase}`] : []),
          );
          const text = fs.readFileSync(target, "utf8");
          fs.chmodSync(target, 0o600);
          expect(describeKeyProblem(text)).to.equal(null);
          const key = await openKey(text, passphrase);
          // the last bytes of both public forms are the same
          const args = ["pkey", "-in", target, "-passin", `pass:${passphrase}`];
          const der = execFileSync("openssl", [
            ...args,
            ...["-pubout", "-outform", "DER"],
          ]);
          const tail = (bytes: Buffer) => bytes.subarray(-32).toString("hex");
          const rsa = algorithm === "RSA"; // the exponent comes last there
          const cut = (bytes: Buffer) => (rsa ? bytes.subarray(0, -5) : bytes);
          const blob = key.getPublicSSH();
          const point = rsa ? blob : cut(blob);
          expect(tail(point)).to.equal(tail(cut(der)));
        });
  });

  it("may be indented, end lines as Windows does, or lack the last line break", async () => {
    const { privateKey } = keygen(file());
    const indented = privateKey.replace(/^/gm, "    ").trimEnd();
    for (const text of [indented, privateKey.replaceAll("\n", "\r\n")]) {
      expect(describeKeyProblem(text)).to.equal(null);
      await openKey(text);
    }
  });

  it("that are encrypted are opened without blocking the event loop", async () => {
    const { privateKey } = keygen(file(), {
      passphrase: "x",
      options: ["-a", "64"],
    });
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await openKey(privateKey, "x");
    clearInterval(timer);
    expect(turns).to.be.greaterThan(10); // one, if it were opened in this thread
  });

  it("need their password, and the right one", async () => {
    for (const options of [
      ["-a", "1"],
      ["-m", "PEM"],
    ]) {
      const { privateKey } = keygen(file(), {
        type: "rsa",
        passphrase: "hunter2",
        options,
      });
      expect(await failure(privateKey)).to.equal(
        "the private key is encrypted: privateKeyPassword is needed",
      );
      expect(await failure(privateKey, "wrong")).to.equal(
        "the private key cannot be decrypted: privateKeyPassword is wrong",
      );
    }
  });

  describe("that are none are told apart without their passphrase", () => {
    const begin = "-----BEGIN OPENSSH PRIVATE KEY-----";
    const end = "-----END OPENSSH PRIVATE KEY-----";
    const cases: [string, (key: string, pub: string) => string, string][] = [
      ["nothing", () => " \n", "the private key is empty"],
      [
        "a path",
        () => "~/.ssh/id_ed25519",
        "expected the private key itself, got a path",
      ],
      [
        "a public key",
        (_, pub) => pub,
        "expected a private key, got a public key",
      ],
      [
        "a key with escaped line breaks",
        (key) => key.replaceAll("\n", "\\n"),
        "the private key has the two characters `\\n` where line breaks should be",
      ],
      [
        "a key on one line",
        (key) => key.replaceAll("\n", " "),
        "the private key has lost its line breaks",
      ],
      [
        "a key without its end",
        (key) => key.slice(0, 200),
        "the private key has no END line: it was cut",
      ],
      [
        "a key without its middle",
        () => `${begin}\n${end}\n`,
        "the private key is empty between its armour lines",
      ],
      [
        "a key whose middle is no base64",
        () => `${begin}\nnot base64!\n${end}\n`,
        "the private key is not valid base64 between its armour lines: it may have been cut",
      ],
      [
        "other content in the armour",
        () => `${begin}\nAAAA\n${end}\n`,
        "the private key has the armour of an OpenSSH key, but not its content: it may have been cut",
      ],
      [
        "a PEM key that is not whole",
        () =>
          "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIB\n-----END RSA PRIVATE KEY-----\n",
        "the private key's content is not complete: it may have been cut",
      ],
      [
        "a DSA key",
        () =>
          "-----BEGIN DSA PRIVATE KEY-----\nMAAA\n-----END DSA PRIVATE KEY-----\n",
        "DSA keys are not supported any more: use ed25519, ecdsa or rsa",
      ],
      [
        "a certificate",
        () => "-----BEGIN CERTIFICATE-----\nMAAA\n-----END CERTIFICATE-----\n",
        "expected a private key, got a public key or a certificate",
      ],
      [
        "a key of PuTTY's",
        () => "PuTTY-User-Key-File-3: ssh-ed25519\nEncryption: none\n",
        "PuTTY keys are not supported: export it in OpenSSH format with puttygen",
      ],
      [
        "any other text",
        () => "hunter2",
        "expected a private key, from its BEGIN line to its END line",
      ],
    ];
    for (const [name, text, message] of cases)
      it(`${name}: ${message}`, async () => {
        const { privateKey, publicKey } = keygen(file());
        const value = text(privateKey, publicKey);
        expect(describeKeyProblem(value)).to.equal(message);
        expect(await failure(value)).to.equal(message);
      });
  });
});
