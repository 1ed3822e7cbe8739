import { expect } from "chai";
import { Status } from "../../provider/status";
import { eventually } from "../support/eventually";

describe("Status", () => {
  let now = 0;
  let sent: string[] = [];
  const status = () => {
    [now, sent] = [1_000_000, []];
    return new Status(
      ({ message }) => sent.push(message),
      () => now,
    );
  };

  it("shows the first line at once, and at most one a second after it", async () => {
    const s = status();
    s.show("urn", "one");
    now += 999;
    s.show("urn", "two");
    s.show("urn", "three");
    expect(sent).to.deep.equal(["one"]);
    await eventually("the latest one is shown", () => sent.length === 2);
    expect(sent).to.deep.equal(["one", "three"]);
  });

  it("shows no line twice", () => {
    const s = status();
    for (let i = 0; i < 5; i++, now += 1000) s.show("urn", "same");
    expect(sent).to.deep.equal(["same"]);
  });

  it("paces each resource by itself", () => {
    const s = status();
    s.show("a", "one");
    s.show("b", "two");
    expect(sent).to.deep.equal(["one", "two"]);
  });

  it("shows nothing more of a resource that has ended", () => {
    const s = status();
    s.show("urn", "one");
    now += 999;
    s.show("urn", "two");
    s.end("urn");
    expect(sent).to.deep.equal(["one"]);
  });

  it("tells, where lines stay, of each step that takes long, once and with its latest text", async () => {
    [now, sent] = [1_000_000, []];
    const stays = new Status(
      ({ message, ephemeral }) => sent.push(`${message} ${ephemeral}`),
      () => now,
      () => false,
    );
    stays.step("urn", "dial", "connecting");
    stays.step("urn", "lock", "asking ZooKeeper");
    stays.step("urn", "lock", "place 2 of 2");
    stays.step("urn", "lock", "place 1 of 2");
    await eventually("the wait is told", () => sent.length === 1);
    stays.step("urn", "lock", "place 1 of 1");
    stays.step("urn", "act", "running the command");
    await eventually("the act is told", () => sent.length === 2);
    expect(sent).to.deep.equal([
      "lock: place 1 of 2 false",
      "act: running the command false",
    ]);
  });

  it("is silent without a URN", () => {
    const s = status();
    s.show(undefined, "one");
    expect(sent).to.deep.equal([]);
  });
});
