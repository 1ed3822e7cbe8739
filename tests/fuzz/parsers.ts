import fc from "fast-check";
import { readFlatMap } from "../../cli/yaml";
import { describePatternProblem } from "../../core/process/pattern";
import { readSighting } from "../../core/process/report";
import { readAnswer } from "../../core/ssh/guard-answer";
import { hostKeyPolicy } from "../../core/ssh/host-key";
import { describeKeyProblem } from "../../core/ssh/key-format";
import { openKey, KeyError } from "../../core/ssh/key";
import { MarkedOutput } from "../../core/ssh/marked-output";
import { LinkError } from "../../core/ssh/types";
import { clean } from "../../core/text/clean";
import { shellWord } from "../../core/text/command";
import { lastLines, middleOut, oneLine, tail } from "../../core/text/lines";
import { createRedactor } from "../../core/text/redact";
import {
  isHistoryName,
  unfinishedRolls,
} from "../../core/lock/tree/history-names";
import {
  decodeName,
  encodeName,
  isWaiterName,
  slotNumber,
} from "../../core/lock/tree/paths";
import {
  decodeHistory,
  decodeHolder,
  decodeLock,
  describeForeignLock,
  encodeHolder,
  encodeLock,
} from "../../core/lock/tree/records";
import { Frames } from "../../core/zookeeper/frames";
import {
  describeServersProblem,
  parseServers,
} from "../../core/zookeeper/servers";
import { readSettings } from "../../provider/settings";
import { readState } from "../../provider/state";
import { readFleetState } from "../../provider/rolling/state";
import { keygen } from "../support/hosts";
import { anyText, anyValue, bytesLike, textLike } from "./mutate";
import { bounded, type Property } from "./property";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";

/** Nothing but these errors may come of it. */
function reads<T>(
  name: string,
  inputs: fc.Arbitrary<T>,
  read: (input: T) => unknown,
  runs = 200,
): Property {
  return {
    ...{ name, runs },
    property: () =>
      fc.property(inputs, (input) => {
        bounded(name, () => read(input));
        return true;
      }),
  };
}

const holder = JSON.stringify({
  ...{ v: 1, group: "g", target: "t", subject: "s", urn: "u", run: "r" },
  ...{ from: "f", ci: "c", action: "a", runKey: "k", since: "x" },
  ...{ state: "failed", drained: true, mirror: "/lock/x", roll: true },
  failure: { step: "act", exit: 1, reason: "r", at: "x", run: "r" },
  baseline: { identities: ["b/1/2"], invocationId: "i", machine: "m" },
  acting: { run: "r", runKey: "k", since: "x", deadline: 5 },
});
const lock = JSON.stringify({
  ...{ v: 2, max: 3, perGroup: 1, maxFailures: 2, mirrors: ["/lock/x"] },
  hold: { why: "w", by: "b", since: "s" },
});
const history = JSON.stringify({
  ...{ v: 1, at: "x", kind: "acted", by: "me", target: "t", waited: 1 },
  ...{ before: ["a"], after: ["b"], exit: 1, reason: "r", roll: true },
});
const boot = "1f0d8a2e-0000-4000-8000-0123456789ab";
const look = `boot ${boot} 100 1\nunit LoadState loaded\nunit ActiveState active\nunit MainPID 5\np 5 1234\nt 5 java -jar x\nend 1 5000 77\n`;
const guard = `free\nnow 123 ${boot}\nline 3 run-1 finished 0 100 200 ${boot}\nrevoked\n`;
const knownHosts = `# hosts\nweb1,[web2]:22,!web*,10.0.0.? ssh-ed25519 ${Buffer.from("\0\0\0\x0bssh-ed25519\0\0\0\x20" + "x".repeat(32), "latin1").toString("base64")} comment\n|1|c2FsdA==|aGFzaA== ssh-rsa AAAA\n@revoked * ssh-rsa AAAA\n`;
const stack = `# c\nconfig:\n  locked-action:zookeeperServers: zk1:2181 # x\n  "locked-action:lockRoot": 'it''s'\n  a: "x\\ty"\n  b:\n    secure: AAA\n`;
const token = "locked-action-0123456789abcdef";
const output = `motd\n${token} at\n${token} go\nhello\n${token} end 0\nlate\n`;

function makeKeys(): string[] {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "fuzz-keys-"));
  try {
    const openssh = ["ed25519", "ecdsa"].map(
      (type) => keygen(path.join(dir, type), { type }).privateKey,
    );
    const options = ["-m", "PEM", "-b", "2048"];
    const rsa = keygen(path.join(dir, "rsa"), { type: "rsa", options });
    return [...openssh, rsa.privateKey];
  } finally {
    fs.rmSync(dir, { recursive: true });
  }
}

/** Only this kind of error may come of it. */
function only(
  kind: new (...args: never[]) => Error,
  read: () => unknown,
): void {
  try {
    read();
  } catch (error) {
    if (!(error instanceof kind)) throw error;
  }
}

const RECORDS: Property[] = [
  reads("holders", bytesLike(holder), (data) => {
    const record = decodeHolder(data);
    return record && encodeHolder(record);
  }),
  reads("locks", bytesLike(lock), (data) => {
    const read = decodeLock(data, 1);
    describeForeignLock(data);
    if (!read) return null;
    const { maxHolders } = read.limits;
    if (!(maxHolders >= 1 && maxHolders <= 1000)) throw new Error("no bound");
    return encodeLock(read);
  }),
  reads("history", bytesLike(history), decodeHistory),
  reads("names of nodes", fc.array(anyText, { maxLength: 20 }), (names) => {
    const again = names
      .filter((name) => !/\p{Cs}/u.test(name))
      .every((name) => decodeName(encodeName(name)) === name);
    if (!again) throw new Error("a name that is not read as it was written");
    unfinishedRolls(names);
    for (const name of names)
      for (const read of [decodeName, isHistoryName, isWaiterName, slotNumber])
        read(name);
  }),
  reads(
    "frames",
    fc.array(bytesLike("\0\0\0\x05abcde\0\0\0\x01x")),
    (chunks) => {
      const frames = new Frames();
      for (const chunk of chunks)
        only(RangeError, () => frames.feed(chunk, () => {}));
    },
  ),
];

const result = (stdout: string) =>
  ({ kind: "exit", code: 0, stdout, stderr: stdout }) as const;

const HOSTS: Property[] = [
  reads("known_hosts", textLike(knownHosts), (text) => {
    for (const port of [22, 2222]) {
      const options = { host: "web1", port, insecureIgnoreHostKey: false };
      hostKeyPolicy({ ...options, knownHosts: text }).problem(
        Buffer.from(text),
      );
      hostKeyPolicy({ ...options, hostKey: text }).problem(Buffer.from(text));
    }
  }),
  {
    ...{ name: "keys", runs: 150 },
    property: () => {
      const keys = makeKeys();
      return fc.asyncProperty(textLike(...keys), async (text) => {
        bounded("a key", () => describeKeyProblem(text));
        await bounded("opening a key", () => openKey(text)).catch(
          (error: unknown) => {
            if (!(error instanceof KeyError)) throw error;
            if (error.message.includes(text) && text.length > 3)
              throw new Error("the key is repeated");
          },
        );
        return true;
      });
    },
  },
  reads("what a look says", textLike(look), (text) => {
    readSighting({ unit: "x" }, text);
    readSighting({ commandString: "x", which: "newest" }, text);
  }),
  reads("what a guard says", textLike(guard), (text) =>
    only(LinkError, () => readAnswer(result(text))),
  ),
  reads(
    "what a script says",
    fc.array(bytesLike(output), { maxLength: 4 }),
    (chunks) => {
      const marked = new MarkedOutput(token);
      for (const chunk of chunks) marked.push(chunk);
      marked.finish();
      if (marked.body.toString().length > 70_000) throw new Error("no bound");
      return marked.waiting();
    },
  ),
];

const TEXTS: Property[] = [
  reads("lists of servers", textLike("zk1:2181,ZK2/app/locks"), (text) => {
    if (describeServersProblem(text) === null) parseServers(text);
  }),
  reads("stack files", textLike(stack), (text) => readFlatMap(text, "config")),
  reads(
    "settings",
    fc.dictionary(
      fc
        .constantFrom(
          ...["zookeeperServers", "zookeeperAuth", "lockRoot", "maxWait", "x"],
        )
        .map((key) => `locked-action:${key}`),
      anyValue,
    ),
    (config) => readSettings(config, {}),
  ),
  reads(
    "patterns of processes",
    textLike("^(java|x)+ .*[[:alpha:]]$"),
    (text) => describePatternProblem(text, { fullCmd: false }),
  ),
  reads("states", anyValue, (value) => [
    readState(value),
    readFleetState(value),
  ]),
  reads(
    "packed states",
    textLike("q1YqyUxVslIyNFeyUsrNLC5OTE8FAA=="),
    (packed) => readFleetState({ schemaVersion: 1, packed }),
  ),
  reads("foreign text", fc.tuple(anyText, textLike("pass\nword")), (texts) => {
    const redact = createRedactor(texts);
    for (const text of texts) {
      for (const shown of [clean(redact(text)), shellWord(text)])
        if (/[\p{Cc}\p{Cf}]/u.test(shown.replace(/[\n\t]/g, "")))
          throw new Error("it would steer a terminal");
      for (const shown of [oneLine(text), ...lastLines(text)])
        if (/[\n\r]/.test(shown)) throw new Error("more than a line");
      if (middleOut(text, 100).length > 200 || tail(text, 100).length > 200)
        throw new Error("no bound");
    }
  }),
];

export const PARSERS: Property[] = [...RECORDS, ...HOSTS, ...TEXTS];
