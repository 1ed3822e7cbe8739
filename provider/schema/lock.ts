import { z } from "zod";
import { describeServersProblem } from "../../core/zookeeper/servers";
import { isUnknown, known } from "../unknown";
import {
  checked,
  closed,
  count,
  flag,
  positiveSeconds,
  HALF_CHARACTER,
  isWellFormed,
  seconds,
  together,
  word,
} from "./parts";

/** What is wrong with the path of a znode. */
export function describeRootProblem(path: string): string | null {
  if (!path.startsWith("/")) return "expected a path that begins with /";
  if (path === "/") return "expected a path below /";
  if (path.endsWith("/")) return "must not end with /";
  const segments = path.slice(1).split("/");
  if (segments.includes("")) return "must not contain //";
  if (segments.includes(".") || segments.includes(".."))
    return "must not contain . or .. as a segment";
  // oxlint-disable-next-line no-control-regex
  return /[\u0000-\u001f\u007f-\u009f\ud800-\uf8ff\ufff0-\uffff]/.test(path)
    ? "contains a character that ZooKeeper does not allow"
    : null;
}

/** The cookbook's locks may stand right below the root. */
const describeChefRootProblem = (path: string) =>
  path === "/" ? null : describeRootProblem(path);

const root = checked(describeRootProblem);

export const data = checked((value) => {
  if (!value) return "must not be empty";
  if (!isWellFormed(value)) return HALF_CHARACTER;
  return Buffer.byteLength(value) > 1000 ? "expected at most 1000 bytes" : null;
});

const auth = known(
  z.array(known(closed({ scheme: word.optional(), credentials: word }))),
);

const ascii = (value: string) =>
  /^[\x20-\x7e]+$/.test(value) ? null : "expected printable ASCII characters";

const chef = known(
  closed({
    root: checked((value) => describeChefRootProblem(value) ?? ascii(value)),
    name: checked(ascii).optional(),
    mode: known(z.enum(["tagged", "exact"])).optional(),
  }),
);

export const onFailedHolder = z.enum(["fail", "wait"]);

const fields = {
  name: checked((value) => {
    if (!value.trim()) return "must not be empty";
    if (!isWellFormed(value)) return HALF_CHARACTER;
    return value.length > 255 ? "expected at most 255 characters" : null;
  }),
  root: root.optional(),
  servers: checked(describeServersProblem).optional(),
  data: data.optional(),
  maxHolders: count.optional(),
  maxPerGroup: count.optional(),
  maxFailures: count.optional(),
  timeout: positiveSeconds.optional(),
  maxWait: positiveSeconds.optional(),
  retryInterval: positiveSeconds.optional(),
  onFailedHolder: known(onFailedHolder).optional(),
  ownerGrace: seconds.optional(),
  skip: flag.optional(),
  auth: auth.optional(),
  chef: chef.optional(),
};

export const lock = known(
  together(closed(fields), (value, context) => {
    const { chef, maxHolders, root } = value;
    if (!chef || isUnknown(chef)) return;
    if (typeof maxHolders === "number" && maxHolders > 1)
      context.addIssue({
        code: "custom",
        path: ["maxHolders"],
        message: "must be 1 with lock.chef: the cookbook's lock has one holder",
      });
    if (chef.root === (root ?? "/locked-action"))
      context.addIssue({
        code: "custom",
        path: ["chef", "root"],
        message: "must differ from lock.root: it would block Chef for ever",
      });
  }),
);
