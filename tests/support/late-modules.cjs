// Loaded first into the programs and providers of the tests. For serializing functions, Pulumi's SDK
// loads TypeScript and npm's package trees: two thirds of its start. Here it does with their first use.
"use strict";
const Module = require("node:module");

const LATE = new Set(["typescript", "@npmcli/arborist"]);
const SDK = /[\\/]@pulumi[\\/]pulumi[\\/]/;

const load = Module._load;
Module._load = function (request, parent, isMain) {
  if (!LATE.has(request) || !SDK.test(parent?.filename ?? ""))
    return load.call(Module, request, parent, isMain);
  Module._resolveFilename(request, parent); // throws now where it is not there
  return late(() => load.call(Module, request, parent, isMain));
};

/** As TypeScript's own `__importStar` would hand it on. */
function late(get) {
  return new Proxy(
    {},
    {
      get(_, key) {
        if (key === "__esModule") return true;
        return key === "default" ? get() : get()[key];
      },
    },
  );
}
