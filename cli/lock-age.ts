import type { LockView } from "../core/lock";

/** The lock as it is so many seconds after it was read, if nothing has happened. */
export function aged(lock: LockView, seconds: number): LockView {
  const older = <T extends { age: number }>(one: T): T => ({
    ...one,
    age: one.age + seconds,
  });
  const { holders, waiters, chef } = lock;
  return {
    ...lock,
    holders: holders.map(older),
    waiters: waiters.map(older),
    chef: chef.map(older),
  };
}

/** Equal for views between which nothing happened but time. */
export function withoutAges(lock: LockView): string {
  const ageless = <T extends { age: number }>(one: T) => ({ ...one, age: 0 });
  const { holders, waiters, chef } = lock;
  return JSON.stringify({
    ...lock,
    holders: holders.map(ageless),
    waiters: waiters.map(ageless),
    chef: chef.map(ageless),
  });
}
