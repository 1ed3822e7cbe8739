/** How a private key is written down, told from its armour and first bytes alone. */
export interface KeyFormat {
  armour: "OPENSSH" | "RSA" | "EC" | "PKCS8";
  encrypted: boolean;
  /** The key with clean lines: no indentation, no carriage returns. */
  text: string;
}

const ARMOUR =
  /^-----BEGIN ([A-Z0-9 ]+)-----\n([\s\S]*?)\n?-----END \1-----(?:\n|$)/;

/**
 * What is wrong with the text of a private key, as far as it can be seen without its
 * passphrase; null if nothing is. Never repeats the text.
 */
export function describeKeyProblem(text: string): string | null {
  const format = readKeyFormat(text);
  return typeof format === "string" ? format : null;
}

/** The format, or what is wrong. */
export function readKeyFormat(text: string): KeyFormat | string {
  const clean = text
    .split(/\r\n|\r|\n/)
    .map((line) => line.trim())
    .join("\n")
    .trim();
  const [, label, content] = ARMOUR.exec(clean + "\n") ?? [];
  if (!label || content === undefined) return describeStrange(clean);
  const base64 = content.replace(/^[\w-]+: .*\n/gm, "").replaceAll("\n", "");
  if (base64 === "") return "the private key is empty between its armour lines";
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64) || base64.length % 4 !== 0)
    return "the private key is not valid base64 between its armour lines: it may have been cut";
  const bytes = Buffer.from(base64, "base64");
  const whole = clean + "\n";
  switch (label) {
    case "OPENSSH PRIVATE KEY":
      return readOpenSsh(bytes, whole);
    case "RSA PRIVATE KEY":
    case "EC PRIVATE KEY":
      return readDer(
        bytes,
        label === "EC PRIVATE KEY" ? "EC" : "RSA",
        /^Proc-Type: 4,ENCRYPTED$/m.test(content),
        whole,
      );
    case "PRIVATE KEY":
    case "ENCRYPTED PRIVATE KEY":
      return readDer(bytes, "PKCS8", label.startsWith("ENCRYPTED"), whole);
    default:
      return describeLabel(label);
  }
}

const MAGIC = "openssh-key-v1\0";

function readOpenSsh(bytes: Buffer, text: string): KeyFormat | string {
  const start = MAGIC.length;
  if (
    bytes.toString("latin1", 0, start) !== MAGIC ||
    bytes.length < start + 4 ||
    bytes.length < start + 4 + bytes.readUInt32BE(start)
  )
    return "the private key has the armour of an OpenSSH key, but not its content: it may have been cut";
  const length = bytes.readUInt32BE(start);
  const cipher = bytes.toString("latin1", start + 4, start + 4 + length);
  return { armour: "OPENSSH", encrypted: cipher !== "none", text };
}

function readDer(
  bytes: Buffer,
  armour: KeyFormat["armour"],
  encrypted: boolean,
  text: string,
): KeyFormat | string {
  // encrypted PEM keys of the old kind have no structure to look at
  const opaque = encrypted && armour !== "PKCS8";
  if (!opaque && !isWholeSequence(bytes))
    return "the private key's content is not complete: it may have been cut";
  return { armour, encrypted, text };
}

/** DER: a SEQUENCE that is as long as it says. */
function isWholeSequence(bytes: Buffer): boolean {
  const first = bytes[1];
  if (bytes[0] !== 0x30 || first === undefined) return false;
  if (first < 0x80) return bytes.length >= 2 + first;
  const size = first & 0x7f;
  if (size === 0 || size > 4 || bytes.length < 2 + size) return false;
  return bytes.length >= 2 + size + bytes.readUIntBE(2, size);
}

function describeLabel(label: string): string {
  if (label === "DSA PRIVATE KEY")
    return "DSA keys are not supported any more: use ed25519, ecdsa or rsa";
  if (label.includes("PUBLIC KEY") || label.includes("CERTIFICATE"))
    return "expected a private key, got a public key or a certificate";
  return "expected an OpenSSH, RSA, EC or PKCS#8 private key";
}

function describeStrange(text: string): string {
  if (text === "") return "the private key is empty";
  if (text.includes("-----BEGIN") && text.includes("\\n"))
    return "the private key has the two characters `\\n` where line breaks should be";
  if (/^-----BEGIN [A-Z ]+-----/.test(text)) {
    const ended = /-----END [A-Z ]+-----/.test(text);
    if (!ended) return "the private key has no END line: it was cut";
    if (!text.includes("\n")) return "the private key has lost its line breaks";
    return "the private key's armour lines do not belong together";
  }
  if (/^(ssh-|ecdsa-|sk-)\S+ [A-Za-z0-9+/]{16}/.test(text))
    return "expected a private key, got a public key";
  if (text.startsWith("PuTTY-User-Key-File-"))
    return "PuTTY keys are not supported: export it in OpenSSH format with puttygen";
  if (/^(~|\.{0,2})\/[^\n]{0,1024}$/.test(text))
    return "expected the private key itself, got a path";
  return "expected a private key, from its BEGIN line to its END line";
}
