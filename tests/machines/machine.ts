import { execFile, type ChildProcess } from "node:child_process";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { promisify } from "node:util";
import type { ConnectionOptions } from "../../core/ssh/types";
import { eventually } from "../support/eventually";
import { ask, freePorts } from "../support/ports";
import type { Sandbox } from "../support/sandbox";

/** What machines are made from. */
export interface Image {
  dir: string;
  privateKey: string;
  hostKey: string;
}

/** A real host: a kernel of its own, systemd as its first process, a real boot. */
export interface Machine {
  name: string;
  port: number;
  pid: number;
  connection: ConnectionOptions;
  /** What a script of sh prints there. @throws if it fails */
  sh(script: string): Promise<string>;
  /** Tells QEMU something, and waits for its answer. */
  monitor(command: string): Promise<string>;
  /** Pulls the plug. */
  kill(): void;
}

export interface BootOptions {
  name: string;
  /** On the image itself, which is to be changed. @default on a copy, as it was when it had booted */
  write?: boolean;
}

/** Milliseconds for a boot on a busy machine. */
const BOOT = 240_000;

const KERNEL = [
  ...["console=ttyS0", "quiet", "mitigations=off", "net.ifnames=0"],
  ...["audit=0", "selinux=0", "apparmor=0", "random.trust_cpu=on"],
].join(" ");

/** Starts a machine by plain emulation: /dev/kvm is not there everywhere, and does not work everywhere it is. */
export async function boot(
  sandbox: Sandbox,
  image: Image,
  { name, write = false }: BootOptions,
): Promise<Machine> {
  const dir = fs.mkdtempSync(path.join(sandbox.dir, `${name}-`));
  const disk = write
    ? path.join(image.dir, "disk.qcow2")
    : path.join(dir, "disk.qcow2");
  if (!write) fs.copyFileSync(path.join(image.dir, "disk.qcow2"), disk);
  const [port] = await freePorts(1);
  const control = path.join(dir, "monitor");
  const qemu = sandbox.spawn(
    "qemu-system-x86_64",
    [
      ...["-machine", "pc,accel=tcg", "-cpu", "qemu64", "-m", "256"],
      ...["-smp", "1", "-display", "none", "-no-user-config", "-nodefaults"],
      ...["-serial", `file:${dir}/console`],
      ...["-monitor", `unix:${control},server=on,wait=off`],
      ...["-kernel", path.join(image.dir, "vmlinuz"), "-append", KERNEL],
      ...["-initrd", path.join(image.dir, "initrd.gz")],
      ...["-drive", `file=${disk},if=virtio,format=qcow2`],
      ...["-netdev", `user,id=n,hostfwd=tcp:127.0.0.1:${port}-:22`],
      ...["-device", "virtio-net-pci,netdev=n,romfile="],
      ...(write ? [] : ["-loadvm", "booted"]),
    ],
    { stdio: ["ignore", "ignore", fs.openSync(`${dir}/qemu.log`, "a")] },
  );
  const machine = machineOf(image, { name, dir, port: port!, control, qemu });
  await eventually(
    `the machine ${name} has booted`,
    async () => {
      if (qemu.exitCode !== null)
        throw new Error(fs.readFileSync(`${dir}/qemu.log`, "utf8"));
      return /^SSH-2/.test(await ask(port!, null).catch(() => ""));
    },
    { within: BOOT, every: 500 },
  );
  await machine.sh("systemctl is-system-running --wait || true");
  return machine;
}

interface Parts {
  name: string;
  dir: string;
  port: number;
  control: string;
  qemu: ChildProcess;
}

function machineOf(
  { privateKey, hostKey }: Image,
  { name, dir, port, control, qemu }: Parts,
): Machine {
  const key = path.join(dir, "client");
  fs.writeFileSync(key, privateKey, { mode: 0o600 });
  const options = [
    ...["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null"],
    ...["LogLevel=ERROR", "ConnectTimeout=20", "ConnectionAttempts=5"],
    // a machine that is reset closes no connection
    ...["ServerAliveInterval=3", "ServerAliveCountMax=4"],
  ].flatMap((option) => ["-o", option]);
  return {
    name,
    port,
    pid: qemu.pid!,
    connection: {
      ...{ host: "127.0.0.1", port, user: "root", privateKey, hostKey },
      ...{ dialErrorLimit: 5, perDialTimeout: 30 },
      insecureIgnoreHostKey: false,
    },
    sh: async (script) => {
      const to = [...options, "-i", key, "-p", `${port}`, "root@127.0.0.1"];
      const { stdout } = await promisify(execFile)("ssh", [...to, script]);
      return stdout.trim();
    },
    monitor: (command) => tell(control, command),
    kill: () => void qemu.kill("SIGKILL"),
  };
}

const PROMPT = "(qemu) ";

function tell(control: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = "";
    let asked = false;
    const socket = net.connect(control);
    socket.setTimeout(60_000, () => socket.destroy(new Error("no answer")));
    socket.on("error", reject);
    socket.on("close", () => resolve(said)); // `quit` says no more
    socket.on("data", (data) => {
      said += data.toString();
      if (!said.endsWith(PROMPT)) return;
      if (asked) return socket.destroy();
      [asked, said] = [true, ""];
      socket.write(`${command}\n`);
    });
  });
}
