import { createRequire } from "node:module";

/** What set-up fetched beside the distribution's ZooKeeper; a text is why there is none. */
export const newerZookeeper = createRequire(__filename)(
  "../../scripts/newer-zookeeper",
) as { VERSION: string; jars(): string[] | string };
