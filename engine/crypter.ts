import {
  createCipheriv,
  createDecipheriv,
  pbkdf2,
  pbkdf2Sync,
  randomBytes,
} from "node:crypto";
import { promisify } from "node:util";

const ROUNDS = 1_000_000;
const TAG = 16;
const PROOF = "pulumi";

const derive = promisify(pbkdf2);
// One derivation takes a quarter of a second: operations of one process share it, new states too.
const derived = new Map<string, Buffer>();
const newSalt = randomBytes(8);

const nameOf = (passphrase: string, salt: Buffer) =>
  `${salt.toString("base64")} ${passphrase}`;

async function keyOf(passphrase: string, salt: Buffer): Promise<Buffer> {
  const name = nameOf(passphrase, salt);
  const key =
    derived.get(name) ?? (await derive(passphrase, salt, ROUNDS, 32, "sha256"));
  derived.set(name, key);
  return key;
}

function keyNow(passphrase: string, salt: Buffer): Buffer {
  const name = nameOf(passphrase, salt);
  const key =
    derived.get(name) ?? pbkdf2Sync(passphrase, salt, ROUNDS, 32, "sha256");
  derived.set(name, key);
  return key;
}

/**
 * Encrypts secrets with a key made of a passphrase, as Pulumi's own passphrase
 * provider does: PBKDF2 with SHA-256, AES-256-GCM, `v1:NONCE:CIPHERTEXT`.
 */
export class Crypter {
  private constructor(
    private readonly key: Buffer,
    /** What the state keeps: the salt, and a known text to try a passphrase on. */
    readonly salt: string,
  ) {}

  /** A crypter for a new state, or for the one that keeps `salt`. */
  static async open(passphrase: string, salt?: string): Promise<Crypter> {
    if (salt === undefined) return Crypter.create(passphrase);
    return Crypter.proven(salt, await keyOf(passphrase, saltOf(salt)));
  }

  static openNow(passphrase: string, salt: string): Crypter {
    return Crypter.proven(salt, keyNow(passphrase, saltOf(salt)));
  }

  private static proven(salt: string, key: Buffer): Crypter {
    const crypter = new Crypter(key, salt);
    const proof = salt.split(":").slice(2).join(":");
    let found: string;
    try {
      found = crypter.decrypt(proof);
    } catch {
      found = "";
    }
    if (found !== PROOF)
      throw new Error("incorrect passphrase (PULUMI_CONFIG_PASSPHRASE)");
    return crypter;
  }

  private static async create(passphrase: string): Promise<Crypter> {
    const salt = newSalt;
    const key = await keyOf(passphrase, salt);
    const proof = new Crypter(key, "").encrypt(PROOF);
    return new Crypter(key, `v1:${salt.toString("base64")}:${proof}`);
  }

  encrypt(text: string): string {
    const nonce = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", this.key, nonce);
    const sealed = Buffer.concat([
      cipher.update(text, "utf8"),
      cipher.final(),
      cipher.getAuthTag(),
    ]);
    return `v1:${nonce.toString("base64")}:${sealed.toString("base64")}`;
  }

  decrypt(text: string): string {
    const [version, nonce, sealed] = text.split(":");
    if (version !== "v1" || !nonce || !sealed)
      throw new Error("a ciphertext is malformed: expected v1:NONCE:TEXT");
    const bytes = Buffer.from(sealed, "base64");
    const decipher = createDecipheriv(
      "aes-256-gcm",
      this.key,
      Buffer.from(nonce, "base64"),
    );
    decipher.setAuthTag(bytes.subarray(-TAG));
    return Buffer.concat([
      decipher.update(bytes.subarray(0, -TAG)),
      decipher.final(),
    ]).toString("utf8");
  }
}

function saltOf(salt: string): Buffer {
  const [version, text] = salt.split(":");
  if (version !== "v1" || !text)
    throw new Error("the state's salt is malformed: expected v1:SALT:PROOF");
  return Buffer.from(text, "base64");
}
