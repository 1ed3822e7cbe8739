import net from "node:net";
import tls from "node:tls";

/** More is no answer to `srvr`. */
const LONGEST = 64 * 1024;

/** Asks a server by one of ZooKeeper's four-letter words. @throws Error with why there is no answer */
export async function askServer(
  { host, port }: { host: string; port: number },
  word: string,
  timeout: number,
): Promise<string> {
  const socket = net.connect(port, host);
  const timer = setTimeout(
    () => socket.destroy(new Error(`no answer in ${timeout / 1000} s`)),
    timeout,
  );
  let answer = "";
  try {
    await new Promise<void>((resolve, reject) => {
      socket.on("error", reject);
      socket.on("close", () => resolve());
      socket.on("connect", () => socket.write(word));
      socket.on("data", (data) => {
        answer += data.toString("latin1");
        if (answer.length > LONGEST) socket.destroy();
      });
    });
    return answer;
  } finally {
    clearTimeout(timer);
    socket.destroy();
  }
}

/** Whether a TLS server is there, whatever its certificate: such a one waits for more, or ends a connection without a word. */
export function speaksTls(
  { host, port }: { host: string; port: number },
  timeout: number,
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = tls.connect({ host, port, rejectUnauthorized: false });
    const end = (speaks: boolean) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(speaks);
    };
    const timer = setTimeout(end, timeout, false);
    socket.on("secureConnect", () => end(true));
    socket.on("error", () => end(false));
    socket.on("close", () => end(false));
  });
}
