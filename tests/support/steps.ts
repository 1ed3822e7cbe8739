import fs from "node:fs";
import path from "node:path";
import { eventually } from "./eventually";
import type { Host } from "./hosts";

export type StepName = "look" | "gate" | "drain" | "act" | "health" | "undrain";

/** A line for sshd: whatever is asked of the host waits while its look is held. */
export const HOLDABLE_LOOKS = `ForceCommand while [ -e "$LOCKED_ACTION_HOST_DIR/hold-look" ]; do : >>"$LOCKED_ACTION_HOST_DIR/at-look"; sleep 0.05; done; exec sh -c "$SSH_ORIGINAL_COMMAND"`;

/** The commands of a host's steps: each notes that it was come to, waits while it is held, and fails if told to. */
export class Steps {
  constructor(private readonly host: Host) {}

  /** `then` is what the step does when it may and need not fail. */
  text(step: StepName, then = "true"): string {
    const { noted } = this;
    return [
      `echo ${step} >>'${noted}'`,
      `while [ -e '${this.file("hold", step)}' ]; do sleep 0.02; done`,
      `code=$(cat '${this.file("fail", step)}' 2>/dev/null) && { echo "${this.said(step)}" >&2; exit "$code"; }`,
      then,
    ].join("\n");
  }

  /** What a failing step prints. */
  said(step: StepName): string {
    return `${step} of ${this.host.name} says no`;
  }

  hold(step: StepName): void {
    fs.writeFileSync(this.file("hold", step), "");
  }

  letGo(step: StepName): void {
    fs.rmSync(this.file("hold", step), { force: true });
  }

  fail(step: StepName, code: number): void {
    fs.writeFileSync(this.file("fail", step), String(code));
  }

  mend(): void {
    for (const name of fs.readdirSync(this.host.dir))
      if (/^(fail|hold)-/.test(name)) fs.rmSync(path.join(this.host.dir, name));
  }

  /** In the order they were come to; one that is asked again and again is there once. */
  get taken(): string[] {
    if (!fs.existsSync(this.noted)) return [];
    const all = fs.readFileSync(this.noted, "utf8").split("\n").filter(Boolean);
    return all.filter((step, i) => step !== all[i - 1]);
  }

  forget(): void {
    for (const file of [this.noted, path.join(this.host.dir, "at-look")])
      fs.rmSync(file, { force: true });
  }

  async reached(step: StepName): Promise<void> {
    await eventually(`${this.host.name} comes to ${step}`, () =>
      step === "look"
        ? fs.existsSync(path.join(this.host.dir, "at-look"))
        : this.taken.includes(step),
    );
  }

  private get noted(): string {
    return path.join(this.host.dir, "steps");
  }

  private file(what: "hold" | "fail", step: StepName): string {
    return path.join(this.host.dir, `${what}-${step}`);
  }
}
