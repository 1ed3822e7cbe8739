/** What is explored in the suite, and what by `--full` besides. */
import type { Configuration } from "./configuration";
import type { Budget } from "./operator";

type Particulars = Partial<Configuration>;

/** "any 2 faults", or "1 failure, 1 clear". */
const tellFaults = (faults: Budget): string =>
  Object.entries(faults)
    .map(([fault, count]) =>
      fault === "any"
        ? `any ${String(count)} fault${count === 1 ? "" : "s"}`
        : `${String(count)} ${fault}`,
    )
    .join(", ") || "no fault";

function configuration(name: string, k: Omit<Configuration, "name">) {
  const count = String(k.owners.length);
  return { ...k, name: `${count} clients, ${tellFaults(k.faults)}: ${name}` };
}

const two = (name: string, more: Particulars = {}): Configuration =>
  configuration(name, {
    ...{ owners: "pq", groups: "ab", max: "1", faults: { any: 2 } },
    ...more,
  });

const three = (name: string, more: Particulars = {}): Configuration =>
  configuration(name, {
    ...{ owners: "pqr", groups: "abc", max: "1", faults: { any: 1 } },
    cached: true,
    ...more,
  });

const four = (name: string, more: Particulars): Configuration =>
  three(name, { faults: {}, ...more });

const atN2 = { max: "2", maxFailures: 1 };
const oneGroup = { groups: "aaa", maxFailures: 1, maxPerGroup: 2 };

/** Exhausted in every run of the tests. "Any" fault: of every kind, the same twice or two different ones. */
export const SUITE: Configuration[] = [
  two("N = 1, new sessions read old", { lag: 2, memory: 1 }),
  two("one owner", { owners: "pp", groups: "aa", maxFailures: 1, memory: 1 }),
  two("one owner, changed lock data", { owners: "pp" }),
  two("N = 2, maxFailures 1", atN2),
  two("one group, maxPerGroup 1", { groups: "aa", maxPerGroup: 1 }),
  two("one comes with another N", { max: "21" }),
  two("a failed holder ends the wait", {
    ...atN2,
    max: "1",
    onFailedHolder: "fail",
  }),
  two("two runs each", {
    runs: "2",
    faults: { any: 1 },
    lag: 2,
    memory: 1,
  }),
  two("L is missing", { missing: true, faults: { any: 1 }, memory: 1 }),
  two("Chef's cookbook beside", { chef: 1, faults: { any: 1 } }),
  two("Chef's lock deleted by hand at any moment", {
    ...{ chef: 0, records: true },
    faults: { chefCleared: 1, lostReply: 1 },
  }),
  two("one owner beside Chef, its lock deleted by hand", {
    ...{ owners: "pp", groups: "aa", chef: 1 },
    faults: { failure: 1, chefCleared: 1, lostReply: 1 },
  }),
  two("one owner, adopted with Chef's lock and made without", {
    ...{ owners: "pp", groups: "aa", chef: 1, takesChef: "01" },
    faults: { any: 1 },
  }),
  two("one owner, who writes its record", {
    ...{ owners: "pp", groups: "aa", maxFailures: 1, records: true },
    faults: { lateRequest: 1, failure: 1, expiry: 1 },
  }),
  two("L is missing at the servers behind", {
    ...{ missing: true, memory: 2 },
    faults: { abandonment: 1, failure: 1 },
  }),
  two("an adoption is given up", {
    ...{ owners: "pp", groups: "aa", maxFailures: 1 },
    faults: { failure: 1, crash: 1, lostReply: 1, cancel: 1 },
  }),
  two("a foreign node among the waiters", {
    foreign: true,
    faults: { any: 1 },
  }),
  three("one group, two of them with Chef's lock", {
    ...{ groups: "aaa", maxPerGroup: 3, chef: 1, takesChef: "011" },
    faults: {},
  }),
  three("N = 1, new sessions read old", { memory: 1 }),
  three("N = 2, maxFailures 1", atN2),
  three("N = 2, two in one group", { ...atN2, groups: "aab" }),
  three("one group, maxPerGroup 2", oneGroup),
  three("N = 2, of one process", {
    ...atN2,
    processes: "aaa",
    patient: true,
  }),
  three("two of one owner, two of one process", {
    owners: "pqp",
    groups: "aba",
    processes: "aab",
  }),
  three("one cancelled in the middle, of one process", {
    ...{ owners: "pqp", groups: "aba", processes: "aaa", patient: true },
    faults: { failure: 1, cancel: 1 },
  }),
  three("two of one owner", { owners: "ppq", groups: "aab", maxFailures: 1 }),
  three("one comes with another N", { max: "221" }),
  three("members read one by one", {
    ...oneGroup,
    fine: true,
    faults: { failure: 1, clear: 1 },
  }),
];

/** Minutes, and gigabytes: by the command only. */
export const FULL: Configuration[] = [
  two("N = 1", { faults: { any: 3 } }),
  two("one owner, who writes its record, new sessions read old", {
    ...{ owners: "pp", groups: "aa", maxFailures: 1, records: true },
    memory: 1,
  }),
  two("one owner", {
    owners: "pp",
    groups: "aa",
    maxFailures: 1,
    faults: { any: 3 },
  }),
  two("N = 2, maxFailures 1", { ...atN2, faults: { any: 3 } }),
  two("servers three commits behind", {
    faults: { lostReply: 2, crash: 2, expiry: 2 },
    lag: 3,
    memory: 2,
  }),
  two("servers two commits behind", {
    faults: { lateRequest: 2, lostReply: 2, cancel: 2 },
    lag: 2,
    memory: 2,
  }),
  two("N = 2, maxFailures 1, servers two commits behind", {
    ...atN2,
    faults: { failure: 2, clear: 2, hold: 2 },
    lag: 2,
  }),
  two("two runs each, new sessions read old", { runs: "2", memory: 1 }),
  two("one owner, two runs each", {
    owners: "pp",
    groups: "aa",
    runs: "2",
    maxFailures: 1,
  }),
  two("one owner, another N", { owners: "pp", groups: "aa", max: "21" }),
  two("Chef's cookbook beside, twice", { chef: 2 }),
  three("N = 1", { faults: { any: 2 } }),
  three("servers two commits behind", { lag: 2, memory: 1, cached: false }),
  three("N = 2, maxFailures 1", {
    ...atN2,
    faults: { failure: 1, lostReply: 1, crash: 1 },
  }),
  three("N = 2, maxFailures 2, ends the wait", {
    ...atN2,
    maxFailures: 2,
    onFailedHolder: "fail",
  }),
  three("one group, maxPerGroup 2, read one by one", {
    ...oneGroup,
    fine: true,
  }),
  three("one group of two owners, N = 2", {
    ...oneGroup,
    owners: "ppq",
    max: "2",
  }),
  three("N = 3, two in one group, of one process", {
    ...atN2,
    groups: "aab",
    max: "3",
    processes: "aaa",
  }),
  four("N = 3, of one process", {
    owners: "pqrs",
    groups: "abcd",
    max: "3",
    maxFailures: 1,
    processes: "aaaa",
    faults: { failure: 1 },
  }),
  three("two runs for one", { runs: "211", memory: 1 }),
  three("N = 1 first, then 2", { max: "112" }),
  four("N = 2, two groups", { owners: "pqrs", groups: "aabb", max: "2" }),
  four("one cancelled in the middle, of one process", {
    ...{ owners: "pqrp", groups: "abca", processes: "aaaa", patient: true },
    faults: { failure: 1, cancel: 1 },
  }),
  four("two of one owner", {
    owners: "pqpr",
    groups: "abac",
    faults: { crash: 1 },
  }),
];
