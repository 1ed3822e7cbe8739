/**
 * Puts a world's time and chance in the place of Node's, for as long as one
 * runs; beside it everything is as ever. Loading this file is enough.
 */
import crypto from "node:crypto";
import timersPromises from "node:timers/promises";
import { activeWorld, type Timer, type World } from "./world";

type Callback = (...args: unknown[]) => void;

/** What `setTimeout` returns in a world. */
class VirtualTimer {
  entry: Timer | null = null;

  constructor(
    private readonly world: World,
    private readonly run: () => void,
    private readonly period: number | null,
    delay: number,
  ) {
    this.arm(delay);
  }

  private arm(delay: number): void {
    const { world } = this;
    this.entry = world.after(
      Math.max(1, delay),
      () => {
        this.entry = null;
        if (this.period !== null) this.arm(this.period);
        this.run();
      },
      world.current,
    );
  }

  clear(): void {
    if (this.entry) this.world.cancel(this.entry);
    this.entry = null;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }

  [Symbol.dispose](): void {
    this.clear();
  }
}

/** Node's timers end at once beyond this: a world's do the same, for programs that forget it. */
const LONGEST = 2 ** 31 - 1;
const delayOf = (ms: number | undefined): number => {
  const delay = Number(ms ?? 1);
  return delay > LONGEST || Number.isNaN(delay) ? 1 : delay;
};

const real = {
  setTimeout: globalThis.setTimeout,
  setInterval: globalThis.setInterval,
  setImmediate: globalThis.setImmediate,
  clearTimeout: globalThis.clearTimeout,
  clearInterval: globalThis.clearInterval,
  clearImmediate: globalThis.clearImmediate,
  now: performance.now.bind(performance),
  Date: globalThis.Date,
  random: Math.random,
  randomBytes: crypto.randomBytes,
  randomUUID: crypto.randomUUID,
  pause: timersPromises.setTimeout,
  timeoutSignal: AbortSignal.timeout.bind(AbortSignal),
};

function timer(
  world: World,
  run: Callback,
  delay: number,
  repeats: boolean,
  args: unknown[],
): VirtualTimer {
  const due = () => run(...args);
  return new VirtualTimer(world, due, repeats ? delay : null, delay);
}

function clear(handle: unknown, otherwise: (handle: never) => void): void {
  if (handle instanceof VirtualTimer) handle.clear();
  else otherwise(handle as never);
}

function bytes(world: World, size: number): Buffer {
  const made = Buffer.allocUnsafe(size);
  for (let at = 0; at < size; at++)
    made[at] = Math.floor(world.dice.next() * 256);
  return made;
}

const replacements = {
  setTimeout(run: Callback, ms?: number, ...args: unknown[]): unknown {
    const world = activeWorld();
    if (!world) return real.setTimeout(run, ms, ...args);
    return timer(world, run, delayOf(ms), false, args);
  },
  setInterval(run: Callback, ms?: number, ...args: unknown[]): unknown {
    const world = activeWorld();
    if (!world) return real.setInterval(run, ms, ...args);
    return timer(world, run, delayOf(ms), true, args);
  },
  setImmediate(run: Callback, ...args: unknown[]): unknown {
    const world = activeWorld();
    if (!world) return real.setImmediate(run, ...args);
    return timer(world, run, 0, false, args);
  },
  clearTimeout: (handle?: unknown) => clear(handle, real.clearTimeout),
  clearInterval: (handle?: unknown) => clear(handle, real.clearInterval),
  clearImmediate: (handle?: unknown) => clear(handle, real.clearImmediate),
};

class VirtualDate extends real.Date {
  constructor(...args: unknown[]) {
    const world = activeWorld();
    if (args.length === 0 && world) super(world.wallClock);
    else super(...(args as []));
  }

  static override now(): number {
    return activeWorld()?.wallClock ?? real.Date.now();
  }
}

function virtualPause(ms?: number, value?: unknown): Promise<unknown> {
  const world = activeWorld();
  if (!world) return real.pause(ms, value);
  return new Promise((resolve) => {
    timer(world, () => resolve(value), delayOf(ms), false, []);
  });
}

function timeoutSignal(ms: number): AbortSignal {
  const world = activeWorld();
  if (!world) return real.timeoutSignal(ms);
  const controller = new AbortController();
  const late = new DOMException("the operation timed out", "TimeoutError");
  timer(world, () => controller.abort(late), delayOf(ms), false, []);
  return controller.signal;
}

Object.assign(globalThis, replacements, { Date: VirtualDate });
performance.now = () => activeWorld()?.now ?? real.now();
Math.random = () => activeWorld()?.dice.next() ?? real.random();
AbortSignal.timeout = timeoutSignal;
Object.assign(crypto, {
  randomBytes: (size: number, ...rest: unknown[]) => {
    const world = activeWorld();
    return world
      ? bytes(world, size)
      : (real.randomBytes as (...args: unknown[]) => unknown)(size, ...rest);
  },
  randomUUID: (): string => {
    const world = activeWorld();
    if (!world) return real.randomUUID();
    const hex = bytes(world, 16).toString("hex");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
  },
});
Object.assign(timersPromises, { setTimeout: virtualPause });
