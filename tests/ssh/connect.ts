import type { ConnectionOptions } from "../../core/ssh/types";

/** Connection options with the defaults that tests want: few tries, soon over. */
export function connect(
  options: Partial<ConnectionOptions> & { host: string; port: number },
): ConnectionOptions {
  return {
    user: "root",
    dialErrorLimit: 1,
    perDialTimeout: 10,
    insecureIgnoreHostKey: false,
    ...options,
  };
}
