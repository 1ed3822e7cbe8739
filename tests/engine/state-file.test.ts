import { expect } from "chai";
import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { MergedWriter } from "../../engine/merged-writer";
import { Snapshot } from "../../engine/snapshot";
import { lockStack } from "../../engine/stack-lock";
import { Sandbox } from "../support/sandbox";

describe("the state file", () => {
  let sandbox: Sandbox;
  before(async () => void (sandbox = await Sandbox.create()));
  after(() => sandbox.stop());

  it("is written once for all who ask while a write runs, with what they put down", async () => {
    const file = path.join(sandbox.dir, "merged.json");
    const things: number[] = [];
    let writes = 0;
    const writer = new MergedWriter(file, () => {
      writes++;
      return JSON.stringify(things);
    });
    const requests = Array.from({ length: 100 }, async (_, index) => {
      if (index > 50) await new Promise(setImmediate);
      things.push(index);
      await writer.request();
      const written = JSON.parse(await readFile(file, "utf8")) as number[];
      expect(written).to.include(index);
    });
    await Promise.all(requests);
    expect(writes).to.be.lessThan(10);
  });

  it("tells whose request failed, and goes on", async () => {
    const file = path.join(sandbox.dir, "failing.json");
    let fail = true;
    const writer = new MergedWriter(file, () => {
      if (fail) throw new Error("cannot be rendered");
      return "done";
    });
    const error = await writer.request().catch((caught: Error) => caught);
    expect(String(error)).to.include("cannot be rendered");
    fail = false;
    await writer.request();
    expect(await readFile(file, "utf8")).to.equal("done");
  });

  it("is refused when it is not one", async () => {
    const file = path.join(sandbox.dir, "wrong.json");
    await writeFile(file, `{"version": 3}`);
    const error = await Snapshot.open(file, "", true).catch((e: Error) => e);
    expect(String(error)).to.include(
      `${file} is not the state of a stack: deployment`,
    );
  });

  it("is locked by one operation at a time", async () => {
    const file = path.join(sandbox.dir, "locked.json");
    const unlock = await lockStack(file);
    const refused = await lockStack(file).catch((caught: Error) => caught);
    expect(String(refused)).to.include(
      `the stack is currently locked by process ${process.pid} on `,
    );
    await unlock();
    await (
      await lockStack(file)
    )();
    expect(await readdir(sandbox.dir)).not.to.include("locked.json.locks");
  });

  it("never lets two in that come at once", async () => {
    const file = path.join(sandbox.dir, "contended.json");
    for (let round = 0; round < 20; round++) {
      const tries = await Promise.allSettled([
        lockStack(file),
        lockStack(file),
      ]);
      const got = tries.flatMap((each) =>
        each.status === "fulfilled" ? [each.value] : [],
      );
      expect(got.length).to.be.lessThan(2);
      for (const unlock of got) await unlock();
    }
  });
});
