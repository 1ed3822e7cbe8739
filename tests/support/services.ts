import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { eventually } from "./eventually";
import type { Host } from "./hosts";
import type { Sandbox } from "./sandbox";

// A service like any other: it takes its setting when it starts, and with a
// toxic one it is told to start, says yes, and is not there a moment later.
const CONTROL = `#!/bin/sh
dir=\${0%/*}
name=\${0##*/}
name=\${name%ctl}
alive() { [ -r "/proc/$1/stat" ] && ! grep -q ') Z ' "/proc/$1/stat"; }
stop() {
  pid=$(cat "$dir/$name.pid" 2>/dev/null) || return 0
  alive "$pid" && kill "$pid"
  tries=0
  while alive "$pid" && [ $tries -lt 200 ]; do tries=$((tries + 1)); sleep 0.02; done
  rm -f "$dir/$name.pid"
}
start() {
  grep -q toxic "$dir/$name.setting" 2>/dev/null && return 0
  [ -e "$dir/$name.broken" ] && return 0
  setsid "$dir/$name" infinity </dev/null >/dev/null 2>&1 &
  tries=0
  # it is the service only when \`setsid\` has become it
  until [ "$(cat "/proc/$!/comm" 2>/dev/null)" = "$name" ] || [ $tries -ge 4000 ]; do tries=$((tries + 1)); sleep 0.005; done
  echo $! >"$dir/$name.pid.new"
  mv "$dir/$name.pid.new" "$dir/$name.pid"
}
wait_for_test() {
  tries=0
  while [ -e "$dir/$name.hold" ] && [ $tries -lt 3000 ]; do tries=$((tries + 1)); sleep 0.02; done
}
[ -z "\${SETTING+x}" ] || printf '%s\\n' "$SETTING" >"$dir/$name.setting"
echo "$1 $(cat "$dir/$name.setting" 2>/dev/null)" >>"$dir/$name.acts"
case $1 in
  start) start ;;
  stop) stop ;;
  restart) stop; wait_for_test; sleep "\${PAUSE:-0.1}"; start ;;
esac
`;

/** A long-lived process on a host, with a control script beside it. */
export class Service {
  private readonly base: string;

  private constructor(
    readonly name: string,
    private readonly sandbox: Sandbox,
    readonly host: Host,
  ) {
    this.base = path.join(host.dir, name);
  }

  /** Named so that nothing else on this machine matches: all hosts share its processes. At most 15 characters. */
  static install(sandbox: Sandbox, host: Host, name: string): Service {
    const service = new Service(name, sandbox, host);
    fs.symlinkSync(fs.realpathSync("/bin/sleep"), service.base);
    fs.writeFileSync(service.control, CONTROL, { mode: 0o755 });
    return service;
  }

  /** Path of the control script: `start`, `stop`, `restart`; `$SETTING` is written before. */
  get control(): string {
    return `${this.base}ctl`;
  }

  /** For `process.commandString`. */
  get pattern(): string {
    return `^${this.name}$`;
  }

  /** What was asked of the control script, with the setting of the time. */
  get acts(): string[] {
    const file = `${this.base}.acts`;
    if (!fs.existsSync(file)) return [];
    return fs.readFileSync(file, "utf8").trim().split("\n");
  }

  /** From now on its acts are counted anew. */
  forget(): void {
    fs.rmSync(`${this.base}.acts`, { force: true });
  }

  /** As an operator at the host's own prompt. */
  byHand(verb: "start" | "stop" | "restart", setting?: string): void {
    execFileSync(this.control, [verb], {
      env: {
        PATH: process.env.PATH,
        ...this.sandbox.env,
        ...(setting !== undefined && { SETTING: setting }),
      },
    });
  }

  /** From now on it does not come up, whatever its setting. */
  breakDown(): void {
    fs.writeFileSync(`${this.base}.broken`, "");
  }

  mend(): void {
    fs.rmSync(`${this.base}.broken`, { force: true });
  }

  /** From now on each restart waits with the service down, for a minute at most. */
  hold(): void {
    fs.writeFileSync(`${this.base}.hold`, "");
  }

  letGo(): void {
    fs.rmSync(`${this.base}.hold`, { force: true });
  }

  /** `bootId/pid/startTicks`, read from /proc by other means than the product's; null while it is down. */
  identity(): string | null {
    try {
      const pid = fs.readFileSync(`${this.base}.pid`, "utf8").trim();
      const stat = fs.readFileSync(`/proc/${pid}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(") ") + 2).split(" ");
      if (fields[0] === "Z") return null;
      const boot = fs.readFileSync("/proc/sys/kernel/random/boot_id", "utf8");
      return `${boot.trim()}/${pid}/${fields[19]}`;
    } catch {
      return null; // gone between two reads
    }
  }
}

/** Samples services every few milliseconds, outside of the product: how many were down at once? */
export class Observer {
  /** Most services down at one moment. */
  mostDown = 0;
  /** Most groups with a service down at one moment. */
  mostGroups = 0;
  /** Most services of one group down at one moment. */
  mostOfOneGroup = 0;
  private readonly timer: NodeJS.Timeout;

  constructor(
    services: Service[],
    ignore: Service[] = [],
    groupOf: (service: Service) => string = ({ host }) => host.name,
  ) {
    const watched = services.filter((service) => !ignore.includes(service));
    this.timer = setInterval(() => {
      const down = watched.filter((service) => service.identity() === null);
      const sizes = new Map<string, number>();
      for (const group of down.map(groupOf))
        sizes.set(group, (sizes.get(group) ?? 0) + 1);
      this.mostDown = Math.max(this.mostDown, down.length);
      this.mostGroups = Math.max(this.mostGroups, sizes.size);
      this.mostOfOneGroup = Math.max(this.mostOfOneGroup, ...sizes.values());
    }, 4);
  }

  /** Resolves when so many are down at one moment. */
  async sees(down: number): Promise<void> {
    await eventually(`${down} are down at once`, () => this.mostDown >= down);
  }

  stop(): number {
    clearInterval(this.timer);
    return this.mostDown;
  }
}
