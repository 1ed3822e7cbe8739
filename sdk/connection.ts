import type * as pulumi from "@pulumi/pulumi";

/**
 * How to reach a host. The fields are those of `@pulumi/command`'s `remote.Connection`, and
 * host keys: they are always checked unless `insecureIgnoreHostKey` says otherwise.
 */
export interface ConnectionArgs {
  /** Name or address. */
  host: pulumi.Input<string>;
  /** @default 22 */
  port?: pulumi.Input<number>;
  /** @default "root" */
  user?: pulumi.Input<string>;
  /** Also the answer to keyboard-interactive questions. */
  password?: pulumi.Input<string>;
  /** The key itself, not a path: OpenSSH or PEM. It is tried before agent and password. */
  privateKey?: pulumi.Input<string>;
  /** The passphrase of an encrypted `privateKey`. */
  privateKeyPassword?: pulumi.Input<string>;
  /** Path of an agent's socket. @default `$SSH_AUTH_SOCK` */
  agentSocketPath?: pulumi.Input<string>;
  /** Tries to dial before giving up; -1: no bound but the action's own. @default 10 */
  dialErrorLimit?: pulumi.Input<number>;
  /** Seconds for one try, handshake and authentication included; 0: ten minutes. @default 15 */
  perDialTimeout?: pulumi.Input<number>;
  /** The only host key to accept: a line as in `authorized_keys`, or `SHA256:…`. */
  hostKey?: pulumi.Input<string>;
  /** The text of a known_hosts file. @default the runner's `~/.ssh/known_hosts` */
  knownHosts?: pulumi.Input<string>;
  /** Accept any host key: whoever sits between you and the host can read and change everything. @default false */
  insecureIgnoreHostKey?: pulumi.Input<boolean>;
  /** Let the host sign with RSA and SHA-1 (`ssh-rsa`), as servers before OpenSSH 7.2 do: such a signature can be forged with enough means. @default false */
  insecureAllowSha1?: pulumi.Input<boolean>;
  /** A jump host, which may have a jump host of its own. */
  proxy?: pulumi.Input<ConnectionArgs>;
}
