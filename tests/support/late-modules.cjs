// Loaded first into the programs and providers of the tests. Pulumi's SDK loads at its start what it needs for
// serializing functions, for tracing and for its Automation API: three quarters of that start. Here it does with
// their first use.
"use strict";
require("../../scripts/modules/load");
const Module = require("node:module");

const LATE = new Set([
  ...["typescript", "@npmcli/arborist", "normalize-package-data", "fdir"],
  ...["instrumentation", "instrumentation-grpc", "sdk-trace-node"].map(traces),
  ...["resources", "sdk-trace-base", "exporter-zipkin"].map(traces),
  "./automation",
]);
/** Where serialized functions were written is learned from V8's debugger; it would see all that is loaded. */
const DEBUGGER = /[\\/]closure[\\/]v8Hooks$/;
const SDK = /[\\/]@pulumi[\\/]pulumi[\\/]/;
const PROGRAM = /[\\/]cmd[\\/]run[\\/]index\.js$/;

function traces(name) {
  return `@opentelemetry/${name}`;
}

const load = Module._load;
Module._load = function (request, parent, isMain) {
  if (DEBUGGER.test(request) && PROGRAM.test(parent?.filename))
    return { isInitializedAsync: async () => {} };
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
