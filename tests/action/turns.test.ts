import { expect } from "chai";
import { Turns } from "../../core/action/turns";

describe("Turns", () => {
  const never = new AbortController().signal;

  it("lets so many go at once, the others in the order they came", async () => {
    const turns = new Turns();
    const order: number[] = [];
    const first = await turns.take("lock", 2, never);
    const second = await turns.take("lock", 2, never);
    const rest = [3, 4].map(async (i) => {
      const give = await turns.take("lock", 2, never);
      order.push(i);
      return give;
    });
    first();
    first(); // a second time does nothing
    const third = await rest[0]!;
    expect(order).to.deep.equal([3]);
    second();
    (await rest[1]!)();
    third();
    expect(order).to.deep.equal([3, 4]);
  });

  it("keeps locks apart", async () => {
    const turns = new Turns();
    await turns.take("one", 1, never);
    await turns.take("two", 1, never);
  });

  it("lets who is stopped leave the queue, and the next one go", async () => {
    const turns = new Turns();
    const give = await turns.take("lock", 1, never);
    const stop = new AbortController();
    const stopped = turns.take("lock", 1, stop.signal);
    const next = turns.take("lock", 1, never);
    stop.abort(new Error("stopped"));
    const why = await stopped.then(
      () => "went",
      (error: Error) => error.message,
    );
    expect(why).to.equal("stopped");
    give();
    (await next)();
  });
});
