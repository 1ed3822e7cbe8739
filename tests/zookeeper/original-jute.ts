import { createRequire } from "node:module";
import quick from "node-zookeeper-client/lib/jute";

/** The library as it comes: what is loaded otherwise has been made quick. */
export const original = (() => {
  const file = require.resolve("node-zookeeper-client/lib/jute");
  const patched = require.cache[file];
  delete require.cache[file];
  const fresh = createRequire(file)(file) as typeof quick;
  require.cache[file] = patched;
  return fresh;
})();
