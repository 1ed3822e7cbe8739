import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";

const ROOT = path.join(__dirname, "../..");

/** Where peers are installed: in the checkout, ignored by git. */
export const setUpDir = (peer: string) =>
  path.join(ROOT, ".setup", "peers", peer);

/** Why a peer cannot be measured here; the bench goes on without it and says so. */
export class PeerMissing extends Error {}

/** Whether `command` can be started at all. */
export function has(command: string): boolean {
  return !spawnSync(command, ["--version"], { stdio: "ignore" }).error;
}

/** Runs one step of a set-up; its output is shown only if it fails. @throws PeerMissing */
export function step(peer: string, command: string, args: string[]): void {
  const { status, error, stdout, stderr } = spawnSync(command, args, {
    encoding: "utf8",
    timeout: 600_000,
  });
  if (status === 0) return;
  const lines = `${stdout ?? ""}${stderr ?? ""}`.trim().split("\n").slice(-5);
  throw new PeerMissing(
    `${peer}: ${command} failed: ${error?.message ?? lines.join("; ")}`,
  );
}

/** Installs once for each content of `sources`. */
export function once(
  peer: string,
  sources: string[],
  install: () => void,
): void {
  const hash = createHash("sha256");
  for (const source of sources) hash.update(fs.readFileSync(source));
  const mark = path.join(setUpDir(peer), "installed");
  const key = hash.digest("hex");
  if (fs.existsSync(mark) && fs.readFileSync(mark, "utf8") === key) return;
  fs.rmSync(setUpDir(peer), { recursive: true, force: true });
  fs.mkdirSync(setUpDir(peer), { recursive: true });
  install();
  fs.writeFileSync(mark, key);
}
