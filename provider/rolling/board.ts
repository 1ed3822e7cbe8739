import type {
  Act,
  ActionOutcome,
  ActionSuccess,
  Progress,
} from "../../core/action/types";
import {
  progressLine,
  type AtWork,
  type RollProgress,
} from "../../core/roll/progress";
import { bootOf, isBoot } from "../../core/process/boot";
import { duration } from "../../core/text/duration";
import type { Status } from "../status";

/** Steps before the lock is held. */
const BEFORE = new Set<Progress["step"]>(["dial", "look", "lock"]);

/** Steps that a line names otherwise than as a wait. */
const BEGINNINGS = ["dial", "look", "release"] as const;

/** What the user sees of a roll: one line that lives, and one for each host that has ended. */
export class Board {
  private readonly atWork = new Map<string, AtWork>();
  private readonly took = { seconds: 0, members: 0 };
  private done: number;
  private failed: number;
  /** Those that have had the lock. */
  private readonly begun = new Set<string>();

  constructor(
    private readonly status: Status,
    private readonly urn: string | undefined,
    private readonly facts: Pick<
      RollProgress,
      "total" | "done" | "failed" | "maxFailures" | "width"
    >,
    private readonly living = status.living(),
  ) {
    this.done = facts.done;
    this.failed = facts.failed;
  }

  begin(key: string): void {
    this.atWork.set(key, { key, doing: "", acting: false, before: "dial" });
    this.show();
  }

  step(key: string, act: Act, progress: Progress): void {
    const { atWork } = this;
    const { step } = progress;
    const acted = atWork.get(key)?.acting ?? false;
    const acting = step !== "release" && (!BEFORE.has(step) || acted);
    const before = BEGINNINGS.find((beginning) => beginning === step);
    const told = before ? { before } : {};
    atWork.set(key, { key, acting, ...told, doing: doing(act, progress) });
    if (this.living) return this.show();
    if (!acting || this.begun.has(key)) return;
    this.begun.add(key);
    this.status.row(this.urn, `${key} begins: ${this.line()}`);
  }

  /** Nothing was done to it, and nothing failed. */
  stopped(key: string): void {
    this.atWork.delete(key);
    this.show();
  }

  end(key: string, outcome: ActionOutcome): void {
    this.atWork.delete(key);
    if (outcome.ok) this.done += 1;
    else this.failed += 1;
    if (outcome.lock?.held) {
      this.took.seconds += outcome.lock.held;
      this.took.members += 1;
    }
    this.status.row(this.urn, `${key}: ${summary(outcome)}`, { stays: true });
    this.show();
  }

  /** Done before, and found as it was left. */
  found(key: string): void {
    this.done += 1;
    this.status.row(this.urn, `${key}: done by an earlier run of this roll`, {
      stays: true,
    });
  }

  close(): void {
    this.status.end(this.urn);
  }

  private show(): void {
    if (this.living) this.status.show(this.urn, this.line());
  }

  private line(): string {
    const { facts, done, failed, took } = this;
    const atWork = [...this.atWork.values()];
    return progressLine({ ...facts, done, failed, took, atWork });
  }
}

function doing(act: Act, { step, text, soak }: Progress): string {
  if (soak) return `soak ${Math.floor(soak.seconds)}/${Math.ceil(soak.of)} s`;
  if (step === "act" && act.kind === "reboot") return "reboot";
  if (step === "act") return act.kind === "service" ? act.perform : "act";
  return step === "lock" ? text : step;
}

/** `acted, verified; waited 2 s, held 35 s; pid 12 -> 34` */
function summary(outcome: ActionOutcome): string {
  const { lock, before, after } = outcome;
  const how = outcome.ok
    ? said(outcome)
    : `failed: ${withoutTarget(outcome.reasons[0] ?? outcome.step)}`;
  const parts = [how];
  if (lock)
    parts.push(`waited ${duration(lock.waited)}, held ${duration(lock.held)}`);
  const boots = [...(before ?? []), ...(after ?? [])].some(isBoot);
  if (boots) parts.push(`boot ${boot(before)} -> ${boot(after)}`);
  else if (before || after) parts.push(`pid ${pids(before)} -> ${pids(after)}`);
  return parts.join("; ");
}

function said({ outcome, verified }: ActionSuccess): string {
  if (outcome === "notNeeded") return "not needed";
  return `${outcome}${verified ? ", verified" : ", not verified"}`;
}

/** The first reason begins with the host. */
function withoutTarget(reason: string): string {
  return reason.replace(/^\S+: /, "");
}

function boot([identity]: string[] = []): string {
  return identity ? bootOf(identity).slice(0, 8) : "unknown";
}

function pids(identities: string[] | undefined): string {
  const all = (identities ?? []).map((id) => id.split("/")[1]);
  return all.length > 3
    ? `${all.slice(0, 3).join(",")},…`
    : all.join(",") || "none";
}
