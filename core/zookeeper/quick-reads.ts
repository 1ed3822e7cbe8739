/** Asks for the data of a node: the bytes of the library's own request (a test holds it to them), made in one piece. */
const GET_DATA = 4;
/** Length, number and type of a request, and the length of its path. */
const BEFORE_PATH = 16;

/** In the place of the library's own request: those who look at a crowd send thousands. */
export class DataRequest {
  /** The library numbers it as it leaves. */
  readonly header = { xid: 0, type: GET_DATA };

  constructor(
    readonly path: string,
    readonly watch: boolean,
  ) {}

  toBuffer(): Buffer {
    const length = Buffer.byteLength(this.path);
    const frame = Buffer.allocUnsafe(BEFORE_PATH + length + 1);
    frame.writeInt32BE(frame.length - 4, 0);
    frame.writeInt32BE(this.header.xid, 4);
    frame.writeInt32BE(GET_DATA, 8);
    frame.writeInt32BE(length, 12);
    frame.write(this.path, BEFORE_PATH);
    frame.writeUInt8(this.watch ? 1 : 0, BEFORE_PATH + length);
    return frame;
  }
}
