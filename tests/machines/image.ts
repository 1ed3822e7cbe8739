import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { Sandbox } from "../support/sandbox";
import { boot, type Image } from "./machine";

const SCRIPT = path.join(__dirname, "image.sh");
const CACHE = path.join(__dirname, "../../.setup/machines");

/** Why no machines can be made here; null if they can. */
export function whyNoMachines(): string | null {
  if (process.getuid?.() !== 0) return "to make an image needs root";
  const missing = [
    ...["debootstrap", "qemu-system-x86_64", "qemu-img", "mke2fs", "busybox"],
  ].filter((name) => !isThere(name));
  return missing.length > 0 ? `${missing.join(", ")}: not installed` : null;
}

function isThere(name: string): boolean {
  const places = `${process.env.PATH}:/usr/sbin:/sbin`.split(":");
  return places.some((place) => fs.existsSync(path.join(place, name)));
}

/**
 * The image that all machines begin with: made once, in some minutes, and kept under .setup/. It is booted once as well: what it
 * is then stands beside its disk, so that a machine is there within a second or two.
 */
export async function image(): Promise<Image> {
  const mark = createHash("sha256")
    .update(fs.readFileSync(SCRIPT))
    .digest("hex")
    .slice(0, 12);
  const dir = path.join(CACHE, mark);
  if (!fs.existsSync(path.join(dir, "ready"))) await make(dir);
  return read(dir);
}

function read(dir: string): Image {
  const text = (name: string) => fs.readFileSync(path.join(dir, name), "utf8");
  return { dir, privateKey: text("client"), hostKey: text("host.pub").trim() };
}

async function make(dir: string): Promise<void> {
  fs.rmSync(CACHE, { recursive: true, force: true }); // those of earlier scripts too
  fs.mkdirSync(dir, { recursive: true });
  console.log("making the image of the machines: this takes some minutes");
  execFileSync(SCRIPT, [dir], { stdio: ["ignore", "inherit", "inherit"] });
  const sandbox = await Sandbox.create();
  try {
    const machine = await boot(sandbox, read(dir), { name: "a", write: true });
    await machine.monitor("savevm booted");
    await machine.monitor("quit");
    fs.writeFileSync(path.join(dir, "ready"), "");
  } finally {
    await sandbox.stop();
  }
}
