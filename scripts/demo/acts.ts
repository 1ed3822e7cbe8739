import assert from "node:assert/strict";
import { Observer, type Service } from "../../tests/support/services";
import type { OperationResult } from "../../tests/support/stack";
import type { Stage } from "./stage";

interface Report {
  target: string;
  outcome: string;
  before: string[];
  after: string[];
  waited: number;
  held: number;
}

const identities = (services: Service[]) =>
  new Map(services.map((service) => [service.host.name, service.identity()]));

/** Runs `up` while somebody else watches the processes. */
async function observedUp(stage: Stage, ignore: Service[] = []) {
  const observer = new Observer(stage.services, ignore);
  const result = await stage.stack.up({ parallel: 4 });
  const mostDown = observer.stop();
  assert.ok(mostDown <= 1, `${mostDown} services were down at once`);
  return { result, mostDown };
}

async function setTo(stage: Stage, setting: string): Promise<void> {
  await stage.stack.setConfig("rolling-restart:setting", setting);
}

/** Act 1: everything is restarted, never two at a time. */
export async function rollTheFleet(stage: Stage): Promise<void> {
  const { say, saw } = stage.tell;
  say("1. pulumi up: a new stack, four services to restart under one lock");
  const before = identities(stage.services);
  await setTo(stage, "setting 1");
  const { result, mostDown } = await observedUp(stage);
  mustSucceed(result);
  const after = identities(stage.services);
  for (const { target, ...told } of report(stage)) {
    assert.deepEqual(told.before, [before.get(target)]);
    assert.deepEqual(told.after, [after.get(target)]);
    assert.notEqual(before.get(target), after.get(target));
    saw(
      `${target}: ${process(told.before[0])} -> ${process(told.after[0])}, waited ${seconds(told.waited)} for the lock, held it ${seconds(told.held)}`,
    );
  }
  saw(`services down at one moment, as /proc has it: ${mostDown} at most`);
  await mustBeFree(stage);
}

/** Act 2: nothing changed, nothing happens; and preview needs no network. */
export async function changeNothing(stage: Stage): Promise<void> {
  const { say, saw } = stage.tell;
  say("2. pulumi up again: nothing has changed");
  const before = identities(stage.services);
  const result = await stage.stack.up({ parallel: 4 });
  mustSucceed(result);
  const { same, ...others } = result.summary;
  assert.equal(same, 5); // the stack is one
  assert.deepEqual(new Set(Object.values(others)), new Set([0]));
  assert.deepEqual(identities(stage.services), before);
  saw("4 unchanged; the same four processes are running");

  say("   pulumi preview of a new setting, with ZooKeeper and all hosts down");
  await stage.zookeeper.kill();
  for (const host of stage.fleet.hosts) host.stop();
  await setTo(stage, "setting 2");
  const preview = await stage.stack.preview();
  mustSucceed(preview);
  assert.equal(preview.summary.update, 4);
  saw("4 to update; preview needs no network");
  await Promise.all([
    stage.zookeeper.restart(),
    ...stage.fleet.hosts.map((host) => host.start()),
  ]);
}

/** Act 3: a toxic configuration stops at the first host. Returns that host's service. */
export async function poison(stage: Stage): Promise<Service> {
  const { say, saw, quote } = stage.tell;
  say("3. pulumi up with a toxic setting: the service will not come back");
  const before = identities(stage.services);
  await setTo(stage, "toxic 3");
  const { result } = await observedUp(stage);
  assert.equal(result.ok, false);
  const down = stage.services.filter((each) => each.identity() === null);
  assert.equal(down.length, 1, "one service is down");
  const victim = down[0]!;
  for (const service of stage.services)
    if (service !== victim)
      assert.equal(service.identity(), before.get(service.host.name));
  const lock = await stage.lock();
  const holder = lock.holders[0];
  assert.equal(holder?.state, "failed");
  assert.equal(holder.record?.target, victim.host.name);
  assert.equal(lock.waiters.length, 0);
  saw(`${victim.host.name} is down, the other three were not touched`);
  saw("what pulumi said:");
  const told = result.diagnostics
    .filter(({ severity }) => severity === "error")
    .map(({ message }) => message);
  const own = told.find((text) => text.includes(`${victim.host.name}: `));
  assert.ok(own, "the error names the host");
  quote(own);
  saw(`locked-action show ${lock.name}:`);
  const shown = await stage.command("show", lock.name);
  assert.ok(shown.includes(holder.id) && shown.includes(victim.host.name));
  quote(shown);
  return victim;
}

/** Act 4: the setting is corrected; the broken host first, then the rest, in the same `up`. */
export async function correct(stage: Stage, victim: Service): Promise<void> {
  const { say, saw } = stage.tell;
  say("4. the setting is corrected, pulumi up");
  const before = identities(stage.services);
  await setTo(stage, "setting 4");
  const { result } = await observedUp(stage, [victim]);
  mustSucceed(result);
  const after = identities(stage.services);
  for (const [name, identity] of after) {
    assert.ok(identity, `${name} is running`);
    assert.notEqual(identity, before.get(name));
  }
  for (const service of stage.services)
    assert.equal(service.acts.at(-1), "restart setting 4");
  saw(
    `${victim.host.name} took over the lock it had kept and was repaired; the others followed`,
  );
  await mustBeFree(stage);
}

/** Act 5: a service that was started by hand is not restarted again. */
export async function repairByHand(stage: Stage): Promise<void> {
  const { say, saw } = stage.tell;
  say("5. web3 breaks down in a roll, and is repaired by hand");
  const broken = stage.services[2]!;
  broken.breakDown();
  await setTo(stage, "setting 5");
  const { result } = await observedUp(stage);
  assert.equal(result.ok, false);
  assert.equal(broken.identity(), null);
  const kept = await stage.lock();
  assert.equal(kept.holders[0]?.record?.target, broken.host.name);
  saw(`web3 did not come back; it keeps the lock`);
  broken.mend();
  broken.byHand("start");
  const byHand = broken.identity();
  const acts = broken.acts.length;
  saw(`an operator starts it: ${process(byHand)}; then pulumi up`);
  const { result: next } = await observedUp(stage);
  mustSucceed(next);
  assert.equal(broken.identity(), byHand, "it was not restarted again");
  assert.equal(broken.acts.length, acts);
  const told = report(stage).find(({ target }) => target === "web3");
  assert.equal(told?.outcome, "alreadyRestarted");
  saw("web3: already restarted, lock released; the others are at setting 5");
  for (const service of stage.services)
    assert.ok(service.identity(), `${service.host.name} is running`);
  await mustBeFree(stage);
}

function mustSucceed(result: OperationResult): void {
  if (result.ok) return;
  const errors = result.diagnostics.map(({ message }) => message).join("\n");
  assert.fail(`pulumi failed: ${result.failure ?? ""}\n${errors}`);
}

async function mustBeFree(stage: Stage): Promise<void> {
  const { saw } = stage.tell;
  const { holders, waiters } = await stage.lock();
  assert.deepEqual([holders, waiters], [[], []]);
  saw("the lock is free, nobody waits");
}

function report(stage: Stage): Report[] {
  return stage.stack.outputs().report as Report[];
}

function process(identity: string | null | undefined): string {
  return identity ? `pid ${identity.split("/")[1]}` : "no process";
}

function seconds(value: number): string {
  return `${value.toFixed(2)} s`;
}
