import { createHash } from "node:crypto";

/** `SHA256:…` of a public key's blob, as OpenSSH prints it. */
export function fingerprint(blob: Buffer): string {
  const digest = createHash("sha256").update(blob).digest("base64");
  return `SHA256:${digest.replace(/=+$/, "")}`;
}

/** The type that a public key's blob names, such as `ssh-ed25519`; null if it is no such blob. */
export function keyType(blob: Buffer): string | null {
  if (blob.length < 5) return null;
  const length = blob.readUInt32BE(0);
  if (length === 0 || length > 64 || blob.length <= 4 + length) return null;
  const type = blob.toString("latin1", 4, 4 + length);
  return /^[\x21-\x7e]+$/.test(type) ? type : null;
}

/** A public key from the words of a line, if its base64 holds the type that stands before it. */
export function publicKey(type: string, base64: string): Buffer | null {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return null;
  const blob = Buffer.from(base64, "base64");
  return keyType(blob) === type ? blob : null;
}
