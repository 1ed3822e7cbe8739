import { createPrivateKey, type KeyObject } from "node:crypto";
import { utils } from "ssh2";
import type { KeyFormat } from "./key-format";

/**
 * A private key without encryption, in a form that ssh2 can read. For encrypted
 * OpenSSH keys this blocks for half a second and more: run it in a worker.
 */
export function decryptKey(key: KeyFormat, passphrase?: string): string {
  if (key.armour === "PKCS8")
    return plain(
      createPrivateKey({ key: key.text, format: "pem", passphrase }),
    );
  const parsed = utils.parseKey(key.text, passphrase);
  if (parsed instanceof Error) throw parsed;
  return plain(createPrivateKey(parsed.getPrivatePEM()));
}

function plain(key: KeyObject): string {
  switch (key.asymmetricKeyType) {
    case "rsa":
      return key.export({ type: "pkcs1", format: "pem" }).toString();
    case "ec":
      return key.export({ type: "sec1", format: "pem" }).toString();
    case "ed25519":
      return openSsh(key);
    default:
      throw new Error(
        `keys of type ${key.asymmetricKeyType} are not supported`,
      );
  }
}

/** ed25519 has no older form that ssh2 reads: the format is OpenSSH's PROTOCOL.key. */
function openSsh(key: KeyObject): string {
  const { x, d } = key.export({ format: "jwk" });
  const point = Buffer.from(x!, "base64url");
  const seed = Buffer.from(d!, "base64url");
  const type = Buffer.from("ssh-ed25519");
  const check = Buffer.alloc(8); // the same number twice
  const secret = [type, point, Buffer.concat([seed, point]), Buffer.alloc(0)];
  const list = Buffer.concat([check, ...secret.map(string)]);
  const padding = Buffer.from(
    Array.from({ length: (8 - (list.length % 8)) % 8 }, (_, i) => i + 1),
  );
  const blob = Buffer.concat([
    Buffer.from("openssh-key-v1\0"),
    ...[Buffer.from("none"), Buffer.from("none"), Buffer.alloc(0)].map(string),
    number(1),
    string(Buffer.concat([string(type), string(point)])),
    string(Buffer.concat([list, padding])),
  ]);
  const lines = blob.toString("base64").match(/.{1,70}/g) ?? [];
  return [
    "-----BEGIN OPENSSH PRIVATE KEY-----",
    ...lines,
    "-----END OPENSSH PRIVATE KEY-----\n",
  ].join("\n");
}

function string(content: Buffer): Buffer {
  return Buffer.concat([number(content.length), content]);
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
