import { expect } from "chai";
import { Frames } from "../../core/zookeeper/frames";

/** A frame with this in it. */
function frame(body: string): Buffer {
  const bytes = Buffer.alloc(4 + body.length, "\0\0\0\0" + body);
  bytes.writeInt32BE(body.length, 0);
  return bytes;
}

describe("a stream of frames", () => {
  it("is cut where they end, wherever its pieces do", () => {
    const bodies = ["one", "", "x".repeat(50), "last"];
    const stream = Buffer.concat(bodies.map(frame));
    for (let size = 1; size <= stream.length; size++) {
      const seen: string[] = [];
      const frames = new Frames();
      for (let at = 0; at < stream.length; at += size)
        frames.feed(stream.subarray(at, at + size), (each) =>
          seen.push(each.toString("latin1", 4)),
        );
      expect(seen).to.deep.equal(bodies);
    }
  });

  it("that claims a huge or negative length is refused", () => {
    const feed = (bytes: Buffer) => () => new Frames().feed(bytes, () => {});
    expect(feed(Buffer.from("HTTP/1.1 400"))).to.throw(
      "a frame of 1213486160 bytes",
    );
    expect(feed(Buffer.alloc(4, 255))).to.throw("a frame of -1 bytes");
  });
});
