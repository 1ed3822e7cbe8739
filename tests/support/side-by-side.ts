import { before, it } from "mocha";

/**
 * An `it` for tests that mostly wait: all of a `describe` run at the same time,
 * and each is a test of its own. None may touch what another one uses.
 */
export function sideBySide(): (
  title: string,
  test: () => Promise<void>,
) => void {
  const tests: (() => Promise<void>)[] = [];
  let running: Promise<void>[] = [];
  before(() => {
    running = tests.map((test) => test());
    for (const each of running) each.catch(() => {}); // told by its own test
  });
  return (title, test) => {
    const index = tests.push(test) - 1;
    it(title, () => running[index]);
  };
}
