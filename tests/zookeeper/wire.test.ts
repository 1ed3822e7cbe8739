import { expect } from "chai";
import { createClient, type Client } from "node-zookeeper-client";
import { EMPTY } from "../../core/zookeeper/operations";
import { frame, Frames, Reader } from "../../core/zookeeper/wire";
import { useRig } from "./rig";

describe("frames of ZooKeeper's protocol", () => {
  const values = frame((out) =>
    out
      .int(-7)
      .long(-(2n ** 62n))
      .flag(true)
      .text("grün €")
      .bytes(Buffer.from([1, 2]))
      .bytes(EMPTY)
      .texts(["a", "", "c"]),
  );

  it("are read as they were written", () => {
    const reader = new Reader(values.subarray(4));
    expect(values.readInt32BE(0)).to.equal(values.length - 4);
    expect(reader.int()).to.equal(-7);
    expect(reader.long()).to.equal(-(2n ** 62n));
    expect(reader.flag()).to.equal(true);
    expect(reader.text()).to.equal("grün €");
    expect([...reader.bytes()]).to.deep.equal([1, 2]);
    expect(reader.bytes().length).to.equal(0);
    expect(reader.texts()).to.deep.equal(["a", "", "c"]);
    expect(() => reader.int()).to.throw(RangeError);
  });

  it("may be longer than any before", () => {
    const long = "x".repeat(300_000);
    const written = frame((out) => out.text(long));
    expect(new Reader(written.subarray(4)).text()).to.equal(long);
  });

  it("are cut out of a stream wherever its pieces end", () => {
    const stream = Buffer.concat([values, frame(() => {}), values, values]);
    for (let size = 1; size <= stream.length; size++) {
      const seen: string[] = [];
      const frames = new Frames();
      for (let at = 0; at < stream.length; at += size)
        frames.feed(stream.subarray(at, at + size), (body) =>
          seen.push(body.toString("hex")),
        );
      const whole = values.subarray(4).toString("hex");
      expect(seen).to.deep.equal([whole, "", whole, whole]);
    }
  });

  it("that claim to be huge, or longer than they are, are refused", () => {
    const ignore = () => {};
    expect(() =>
      new Frames().feed(Buffer.from("HTTP/1.1 400"), ignore),
    ).to.throw("a frame of 1213486160 bytes");
    expect(() =>
      new Frames().feed(Buffer.from([255, 255, 255, 255]), ignore),
    ).to.throw("a frame of -1 bytes");
    const short = new Reader(Buffer.from([0, 0, 0, 9, 1]));
    expect(() => short.bytes()).to.throw(RangeError);
  });
});

describe("another client on the same nodes", () => {
  const rig = useRig();
  let other: Client;
  before((done) => {
    other = createClient(rig.server.connect);
    other.once("connected", done);
    other.connect();
  });
  after(() => other.close());

  it("reads what this one writes", async () => {
    const session = await rig.connected();
    await session.create("/ünï", Buffer.from("grün €"), "ephemeral");
    await session.setData("/ünï", Buffer.from("blau"), 0);
    const { stat } = await session.getData("/ünï");
    await new Promise<void>((done, fail) =>
      other.getData("/ünï", (error, data, seen) => {
        if (error) return fail(error);
        expect(data.toString()).to.equal("blau");
        const long = (value: unknown) => (value as Buffer).readBigInt64BE(0);
        expect(stat).to.deep.equal({
          czxid: long(seen.czxid),
          mzxid: long(seen.mzxid),
          ctime: Number(long(seen.ctime)),
          mtime: Number(long(seen.mtime)),
          version: seen.version,
          ephemeral: true,
        });
        expect(long(seen.ephemeralOwner).toString(16)).to.equal(
          session.sessionId,
        );
        done();
      }),
    );
  });

  it("writes what this one reads, null data too", async () => {
    const session = await rig.connected();
    await new Promise<void>((done, fail) =>
      other.mkdirp("/by/another", (error) => (error ? fail(error) : done())),
    );
    const { data } = await session.getData("/by/another");
    expect(data!.length).to.equal(0);
    expect((await session.getChildren("/by")).children).to.deep.equal([
      "another",
    ]);
  });
});
