// A process of its own that runs one script: to be killed, frozen, and looked at from outside.
import fs from "node:fs";
import { createHostPool } from "../../core/ssh/pool";
import type { ConnectionOptions, Script } from "../../core/ssh/types";

interface Task {
  connection: ConnectionOptions;
  script: Script;
  /** Where the result goes. */
  result: string;
}

async function main({ connection, script, result }: Task): Promise<void> {
  const host = await createHostPool().lease(connection);
  const ended = JSON.stringify(await host.run(script));
  fs.writeFileSync(`${result}.new`, ended);
  fs.renameSync(`${result}.new`, result);
  host.release();
}

void main(JSON.parse(process.argv[2]!) as Task);
