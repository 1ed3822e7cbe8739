import { expect } from "chai";
import { spawn, spawnSync } from "node:child_process";
import fs from "node:fs";
import { stillAlive } from "../../core/process/alive";
import type { RemoteHost, Script } from "../../core/ssh/types";

/** This machine, as a host. */
const here = {
  run: ({ body }: Script) => {
    const { stdout, stderr, status } = spawnSync("sh", ["-s"], {
      ...{ input: body, encoding: "utf8" },
    });
    const code = status ?? 1;
    return Promise.resolve({ kind: "exit", code, stdout, stderr } as const);
  },
} as unknown as RemoteHost;

function identityOf(pid: number): string {
  const boot = fs.readFileSync("/proc/sys/kernel/random/boot_id", "utf8");
  const stat = fs.readFileSync(`/proc/${pid}/stat`, "latin1");
  const words = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return `${boot.trim()}/${pid}/${words[19]}`;
}

describe("processes of a record", () => {
  const asked = (...identities: string[]) =>
    stillAlive(here, identities, { timeout: 10 });

  it("run still, by pid, start and boot", async () => {
    const own = identityOf(process.pid);
    const [boot = "", pid = "", began = ""] = own.split("/");
    const others = [
      `${boot}/${pid}/${Number(began) + 1}`,
      `${boot.replace(/^./, (c) => (c === "0" ? "1" : "0"))}/${pid}/${began}`,
      `${boot}/4194304/1`,
    ];
    expect(await asked(own, ...others)).to.deep.equal([own]);
    expect(await asked(...others)).to.deep.equal([]);
  });

  it("are gone with their end, reaped or not", async () => {
    const child = spawn("sleep", ["100"]);
    const identity = identityOf(child.pid!);
    expect(await asked(identity)).to.deep.equal([identity]);
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill();
    await ended;
    expect(await asked(identity)).to.deep.equal([]);
  });

  it("are none of what is no identity", async () => {
    expect(await asked("x; touch /tmp/x", "3 more")).to.deep.equal([]);
  });

  it("are not known where the host does not tell", async () => {
    const mute = {
      run: () =>
        Promise.resolve({ kind: "exit", code: 0, stdout: "", stderr: "" }),
    } as unknown as RemoteHost;
    expect(await stillAlive(mute, [identityOf(1)], { timeout: 1 })).to.equal(
      null,
    );
  });
});
