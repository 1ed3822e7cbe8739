import { z } from "zod";
import { describeKeyProblem } from "../../core/ssh/key-format";
import { known } from "../unknown";
import { checked, closed, flag, seconds, text, word } from "./parts";

export interface ConnectionInput {
  host: string;
  port?: number;
  user?: string;
  password?: string;
  privateKey?: string;
  privateKeyPassword?: string;
  agentSocketPath?: string;
  dialErrorLimit?: number;
  perDialTimeout?: number;
  hostKey?: string;
  knownHosts?: string;
  insecureIgnoreHostKey?: boolean;
  insecureAllowSha1?: boolean;
  proxy?: ConnectionInput;
}

const host = checked((value) => {
  if (!value) return "must not be empty";
  return /[\s\0/]|@/.test(value)
    ? "expected a host name or an address, without user, path or spaces"
    : null;
});

const user = checked((value) => {
  if (!value) return "must not be empty";
  return /\p{Cc}/u.test(value) ? "must not contain control characters" : null;
});

const hostKey = checked((value) =>
  /^(SHA256:[A-Za-z0-9+/]{43}=?|[a-z0-9@.-]+ AAAA[A-Za-z0-9+/]+={0,3}( .*)?)$/.test(
    value.trim(),
  )
    ? null
    : 'expected a line as in authorized_keys ("ssh-ed25519 AAAA…") or "SHA256:…"',
);

/** The fields of `@pulumi/command`'s `remote.Connection`, and host keys. */
export const connection: z.ZodType<ConnectionInput> = known(
  closed({
    host,
    port: known(z.int().min(1).max(65_535)).optional(),
    user: user.optional(),
    password: text.optional(),
    privateKey: checked(describeKeyProblem).optional(),
    privateKeyPassword: text.optional(),
    agentSocketPath: word.optional(),
    dialErrorLimit: known(z.int().min(-1)).optional(),
    perDialTimeout: seconds.optional(),
    hostKey: hostKey.optional(),
    knownHosts: text.optional(),
    insecureIgnoreHostKey: flag.optional(),
    insecureAllowSha1: flag.optional(),
    proxy: z.lazy(() => connection).optional(),
  }),
) as z.ZodType<ConnectionInput>;
