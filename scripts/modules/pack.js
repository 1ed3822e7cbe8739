"use strict";
// What one kind of process has loaded, kept for the next: the modules' texts with V8's code for them,
// and where requests were found. A file: the length of its index, the index as JSON, then the modules.
const { createHash } = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");

const ROOT = path.join(__dirname, "../..");
const DIR = path.join(ROOT, ".setup/modules");
/** Another one for whatever changes what is kept. */
const FORMAT = "1";
/** Modules in a pack: one that is larger is begun anew. */
const MOST = 4000;
/** V8 reads its code in place, from an address of this alignment. */
const ALIGNMENT = 8;
const LENGTH_BYTES = 4;

class Pack {
  /** @param kind what the processes have in common, as a file's name */
  constructor(kind) {
    this.start = `${kind}-`;
    this.file = path.join(DIR, `${this.start}${keyOf()}.pack`);
    this.modules = {};
    this.found = {};
    this.#open();
  }

  /** What is known of a module beside its text, or undefined. */
  entry(name) {
    return Object.hasOwn(this.modules, name) ? this.modules[name] : undefined;
  }

  /** @returns the text and the code of an entry */
  read(entry) {
    const bytes = this.#bytes(entry);
    const text = bytes.subarray(0, entry.text);
    return {
      text: entry.ascii ? text.latin1Slice() : text.utf8Slice(),
      code: bytes.subarray(aligned(entry.text)),
    };
  }

  /**
   * Keeps what is there and what is added. Other processes may do the same: the last one wins.
   * @param modules by name, each with its text and its code
   */
  write(modules, found) {
    const kept = Object.keys(this.modules).length < MOST ? this.modules : {};
    const parts = [];
    const index = { modules: {}, found: { ...this.found, ...found } };
    let at = 0;
    const add = (name, entry, bytes) => {
      index.modules[name] = { ...entry, at, length: bytes.length };
      parts.push(bytes, Buffer.alloc(aligned(bytes.length) - bytes.length));
      at += aligned(bytes.length);
    };
    for (const [name, entry] of Object.entries(kept))
      if (!modules.has(name)) add(name, entry, this.#bytes(entry));
    for (const [name, { text, code, ...rest }] of modules) {
      const bytes = Buffer.from(text);
      const ascii = bytes.length === text.length;
      const gap = Buffer.alloc(aligned(bytes.length) - bytes.length);
      const entry = { ...rest, ascii, text: bytes.length };
      add(name, entry, Buffer.concat([bytes, gap, code]));
    }
    this.#replace(index, parts);
  }

  #open() {
    try {
      this.fd = fs.openSync(this.file);
      const length = this.#at(0, LENGTH_BYTES).readUInt32LE();
      const index = JSON.parse(this.#at(LENGTH_BYTES, length).toString());
      Object.assign(this, index, { begin: aligned(LENGTH_BYTES + length) });
    } catch {
      // there is none yet
    }
  }

  #bytes({ at, length }) {
    return this.#at(this.begin + at, length);
  }

  #at(position, length) {
    const bytes = Buffer.allocUnsafeSlow(length);
    if (fs.readSync(this.fd, bytes, 0, length, position) !== length)
      throw new Error(`${this.file} is cut short`);
    return bytes;
  }

  #replace(index, parts) {
    const json = Buffer.from(JSON.stringify(index));
    const head = Buffer.alloc(aligned(LENGTH_BYTES + json.length));
    head.writeUInt32LE(json.length);
    json.copy(head, LENGTH_BYTES);
    const mine = `${this.file}.${process.pid}`;
    fs.mkdirSync(DIR, { recursive: true });
    fs.writeFileSync(mine, Buffer.concat([head, ...parts]));
    fs.renameSync(mine, this.file);
    for (const name of fs.readdirSync(DIR)) this.#clear(name);
  }

  /** What another Node or other packages have left, and who was killed as it wrote. */
  #clear(name) {
    const file = path.join(DIR, name);
    if (!name.startsWith(this.start) || file === this.file) return;
    const written = fs.statSync(file, { throwIfNoEntry: false })?.mtimeMs;
    if (written < Date.now() - 60_000) fs.rmSync(file, { force: true });
  }
}

const aligned = (length) => Math.ceil(length / ALIGNMENT) * ALIGNMENT;

/** Of what makes kept code another's: Node, and the installed packages. */
function keyOf() {
  const installed = path.join(ROOT, "node_modules/.installed-from");
  const hash = createHash("sha1").update(`${FORMAT} ${process.version} `);
  hash.update(`${process.arch} `);
  hash.update(fs.readFileSync(installed, { flag: "a+" }));
  return hash.digest("hex").slice(0, 12);
}

module.exports = { Pack };
