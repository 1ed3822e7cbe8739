"use strict";
// Lets `require` load TypeScript, as `--require tsx/cjs` does, in a third of the time: each file is compiled
// once for all processes and kept, other modules load as ever, and source maps are read only for stack traces.
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const Module = require("node:module");
const path = require("node:path");
const { runText } = require("./modules/load");

const ROOT = path.join(__dirname, "..");
const KEPT = path.join(ROOT, ".setup/compiled");
/** Another one for whatever changes the output. */
const SETTINGS = "1";
const MAP = "\n//# sourceMappingURL=data:application/json;base64,";

/** Compiled texts by file name, for stack traces. */
const loaded = new Map();

Module._extensions[".ts"] = (module, file) => {
  const code = compiled(file, fs.readFileSync(file, "utf8"));
  loaded.set(file, code);
  runText(module, file, code);
};

function compiled(file, text) {
  const kept = keptAs(file);
  const mark = `//${createHash("sha1").update(SETTINGS).update(text).digest("hex")}\n`;
  const before = kept && read(kept);
  if (before?.startsWith(mark)) return before.slice(mark.length);
  const code = transform(file, text);
  if (kept) write(kept, mark + code);
  return code;
}

/** Where it is kept, one place a file; null for files of others. */
function keptAs(file) {
  const name = path.relative(ROOT, file);
  if (name.startsWith("..") || name.includes("node_modules")) return null;
  return path.join(KEPT, `${name.replaceAll(path.sep, "%")}.js`);
}

function read(file) {
  try {
    return fs.readFileSync(file, "utf8");
  } catch {
    return null;
  }
}

/** Other processes write the same at the same time. */
function write(file, text) {
  const mine = `${file}.${process.pid}`;
  try {
    fs.mkdirSync(KEPT, { recursive: true });
    fs.writeFileSync(mine, text);
    fs.renameSync(mine, file);
  } catch {
    // it is compiled again the next time
  }
}

function transform(file, text) {
  const { transformSync } = require("esbuild"); // only where something is new
  return transformSync(text, {
    ...{ loader: "ts", format: "cjs", platform: "node", target: "node20" },
    ...{ sourcefile: file, sourcemap: "inline", sourcesContent: false },
  }).code;
}

const maps = new Map();

function mapOf(file) {
  if (maps.has(file)) return maps.get(file);
  const text = loaded.get(file);
  const at = text?.lastIndexOf(MAP.trim()) ?? -1;
  const map =
    at < 0
      ? null
      : new Module.SourceMap(
          JSON.parse(
            Buffer.from(
              text.slice(at + MAP.trim().length),
              "base64",
            ).toString(),
          ),
        );
  maps.set(file, map);
  return map;
}

/** A line of a stack trace, with the place in the source. */
function told(site) {
  const text = site.toString();
  const file = site.getFileName();
  const map = file && loaded.has(file) ? mapOf(file) : null;
  const line = site.getLineNumber();
  const column = site.getColumnNumber();
  if (!map || !line || !column) return text;
  const { originalLine, originalColumn } = map.findEntry(line - 1, column - 1);
  if (originalLine === undefined) return text;
  return text.replace(
    `${file}:${line}:${column}`,
    `${file}:${originalLine + 1}:${originalColumn + 1}`,
  );
}

Error.prepareStackTrace = (error, sites) =>
  [headOf(error), ...sites.map((site) => `    at ${told(site)}`)].join("\n");

function headOf(error) {
  try {
    return Error.prototype.toString.call(error);
  } catch {
    return "Error";
  }
}
