"use strict";
// Lets a process load its modules in half the time: what an earlier process of its kind has loaded need not be
// compiled again, nor looked for. They are the same modules, by the same names.
const fs = require("node:fs");
const Module = require("node:module");
const path = require("node:path");
const vm = require("node:vm");
const { isMainThread } = require("node:worker_threads");
const { Pack } = require("./pack");

const ROOT = path.join(__dirname, "../..");
const MODULES = path.join(ROOT, "node_modules") + path.sep;
/** Our package, wherever it is installed. */
const OURS = /[\\/]pulumi-locked-action[\\/](dist[\\/].+)$/;
/** As many new modules are worth a new pack. */
const WORTH = 20;
const [OPEN, CLOSE] = Module.wrapper;

const kind = isMainThread ? kindOf(process.argv[1]) : null;
const pack = kind && new Pack(kind);
/** What the pack does not have. */
const added = new Map();
const found = {};

if (pack) {
  const load = Module._extensions[".js"];
  Module._extensions[".js"] = (module, file) => {
    if (!loadPackaged(module, file)) load(module, file);
  };
  const resolve = Module._resolveFilename;
  Module._resolveFilename = function (request, parent, isMain, options) {
    const look = () => resolve.call(this, request, parent, isMain, options);
    const from = parent?.filename;
    if (isMain || options || !from) return look();
    if (from.startsWith(MODULES)) return lookedUp(request, from, MODULES, look);
    const ours = OURS.exec(from);
    if (!ours || !request.startsWith(".")) return look();
    return lookedUp(request, from, from.slice(0, -ours[1].length), look);
  };
  process.on("exit", () => {
    if (added.size >= WORTH) keep();
  });
}

/** A name for all processes with the same main module; null for those of nobody's. */
function kindOf(main) {
  if (!main) return null;
  const file = realpath(main);
  const inPackage = file.split(`${path.sep}node_modules${path.sep}`).at(-1);
  const name = inPackage === file ? path.relative(ROOT, file) : inPackage;
  return name.startsWith("..") ? null : name.replaceAll(path.sep, "+");
}

function realpath(file) {
  try {
    return fs.realpathSync(file);
  } catch {
    return file; // as given without its extension
  }
}

/** Of an installed package, the size and the time say that it is the same; of ours, its text. */
function loadPackaged(module, file) {
  if (file.startsWith(MODULES)) {
    const name = file.slice(MODULES.length);
    const { size, mtimeMs, ino } = fs.statSync(file);
    const mark = `${size} ${mtimeMs} ${ino}`;
    const entry = pack.entry(name);
    if (entry?.mark === mark) return run(module, file, pack.read(entry));
    return compile(module, file, { name, mark, text: wrapped(textOf(file)) });
  }
  const ours = OURS.exec(file)?.[1] ?? path.relative(ROOT, file);
  if (!ours.startsWith("dist")) return false;
  return loadText(module, file, textOf(file), ours);
}

/** Of a module whose name does not say that it is the same. */
function loadText(module, file, text, name) {
  const entry = pack.entry(name);
  const whole = wrapped(text);
  const kept = entry && pack.read(entry);
  if (kept?.text === whole) return run(module, file, kept);
  return compile(module, file, { name, text: whole });
}

/** Runs a module of this repository. */
function runText(module, file, text) {
  const name = path.relative(ROOT, file);
  const isKept = pack && !name.startsWith("..");
  if (!isKept || !loadText(module, file, text, name))
    module._compile(text, file);
}

function compile(module, file, { name, text, mark }) {
  let script;
  try {
    script = scriptOf(file, text);
  } catch {
    return false; // no CommonJS, or broken: Node says so best
  }
  added.set(name, { script, text, ...(mark ? { mark } : {}) });
  return start(module, file, script);
}

function run(module, file, { text, code }) {
  return start(module, file, scriptOf(file, text, code));
}

function scriptOf(filename, text, cachedData) {
  const { USE_MAIN_CONTEXT_DEFAULT_LOADER } = vm.constants;
  return new vm.Script(text, {
    ...{ filename, cachedData, columnOffset: -OPEN.length },
    importModuleDynamically: /\bimport\s*\(/.test(text)
      ? USE_MAIN_CONTEXT_DEFAULT_LOADER
      : undefined,
  });
}

/** As Node does. */
function start(module, file, script) {
  const require = (request) => module.require(request);
  require.resolve = (request, options) =>
    Module._resolveFilename(request, module, false, options);
  require.resolve.paths = (request) =>
    Module._resolveLookupPaths(request, module);
  require.main = process.mainModule;
  require.extensions = Module._extensions;
  require.cache = Module._cache;
  const { exports } = module;
  const dir = path.dirname(file);
  script.runInThisContext().call(exports, exports, require, module, file, dir);
  return true;
}

function textOf(file) {
  const text = fs.readFileSync(file, "utf8");
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}

/** The first line of a program may be for the shell. */
function wrapped(text) {
  return `${OPEN}${text.startsWith("#!") ? `//${text}` : text}${CLOSE}`;
}

/** Where a request leads, if the module and what it asks for are below `base`. */
function lookedUp(request, from, base, look) {
  const dir = path.dirname(from.slice(base.length));
  const known = pack.found[dir]?.[request];
  if (known !== undefined) return base + known;
  const file = look();
  if (file.startsWith(base))
    (found[dir] ??= {})[request] = file.slice(base.length);
  return file;
}

function keep() {
  try {
    for (const [from, requests] of Object.entries(pack.found))
      found[from] = { ...requests, ...found[from] };
    const modules = [...added].map(([name, { script, ...rest }]) => [
      name,
      { ...rest, code: script.createCachedData() },
    ]);
    pack.write(new Map(modules), found);
  } catch {
    // the next one will
  }
}

module.exports = { runText };
