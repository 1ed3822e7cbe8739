import { expect } from "chai";
import type { Diff } from "../../engine/dynamic-provider";
import type { Goal } from "../../engine/goal";
import { changedInputs, decide, ignoring } from "../../engine/planner";
import type { ResourceState } from "../../engine/state";
import { markAll, reveal, secret } from "../../engine/values";

const state = (over: Partial<ResourceState> = {}): ResourceState => ({
  urn: "urn:pulumi:dev::test::a:b:C::name",
  type: "a:b:C",
  custom: true,
  id: "id",
  inputs: { x: 1, __provider: "text" },
  outputs: {},
  dependencies: [],
  propertyDependencies: {},
  ...over,
});

const goal = (over: Partial<Goal> = {}): Goal => ({
  type: "a:b:C",
  name: "name",
  custom: true,
  inputs: {},
  dependencies: [],
  propertyDependencies: {},
  ignoreChanges: [],
  additionalSecretOutputs: [],
  aliases: [],
  hooks: {},
  ...over,
});

const none: Diff = {
  changes: "none",
  replaces: [],
  deleteBeforeReplace: false,
};
const some: Diff = { ...none, changes: "some" };
const unknown: Diff = { ...none, changes: "unknown" };
const replacing: Diff = { ...some, replaces: ["x"] };

const other = { inputs: { x: 2, __provider: "text" } };
const newText = { inputs: { x: 1, __provider: "another" } };
const halfDone = { initErrors: ["half done"] };

describe("what is to be done to a resource", () => {
  const rows: [string, string, Partial<Goal>, object, object, Diff][] = [
    ["nothing differs", "same", {}, {}, {}, none],
    ["its provider says no, though inputs differ", "same", {}, {}, other, none],
    ["its provider says yes", "update", {}, {}, {}, some],
    ["its provider can't say, inputs are equal", "same", {}, {}, {}, unknown],
    ["its provider can't say, inputs differ", "update", {}, {}, other, unknown],
    [
      "its provider can't say and is another",
      "update",
      {},
      {},
      newText,
      unknown,
    ],
    ["it was half done, and nothing differs", "update", {}, halfDone, {}, none],
    [
      "a property can't be changed",
      "replace createFirst",
      {},
      {},
      {},
      replacing,
    ],
    [
      "the provider wants it gone first",
      "replace deleteFirst",
      {},
      {},
      {},
      { ...replacing, deleteBeforeReplace: true },
    ],
    [
      "the program wants it gone first",
      "replace deleteFirst",
      { deleteBeforeReplace: true },
      {},
      {},
      replacing,
    ],
    [
      "the program wants the new one first",
      "replace createFirst",
      { deleteBeforeReplace: false },
      {},
      {},
      { ...replacing, deleteBeforeReplace: true },
    ],
    [
      "its trigger changed",
      "replace createFirst",
      { replacementTrigger: 2 },
      { replacementTrigger: 1 },
      {},
      none,
    ],
    [
      "it was deleted, and its replacement not made",
      "replace deleted",
      {},
      { pendingReplacement: true },
      {},
      none,
    ],
  ];
  for (const [when, what, wanted, old, next, diff] of rows)
    it(`${what}: ${when}`, () => {
      const step = decide(goal(wanted), state(old), state(next), diff);
      const order = step.op === "replace" ? ` ${step.order}` : "";
      expect(`${step.op}${order}`).to.equal(what);
    });

  it("names the inputs that differ, but never the provider's text", () => {
    const old = { a: 1, b: secret(2), c: 3, __provider: "x" };
    const news = { b: 2, c: 4, d: 5, __provider: "y" };
    expect(changedInputs(old, news)).to.deep.equal(["a", "c", "d"]);
  });

  it("takes from the old inputs what is to be ignored", () => {
    const kept = ignoring(
      ["a", "b", "c"],
      { a: 2, b: 3, d: 4 },
      { a: 1, c: 5 },
    );
    expect(kept).to.deep.equal({ a: 1, c: 5, d: 4 });
  });
});

describe("secrets in what a provider answers", () => {
  it("are marked as in what it was asked", () => {
    const asked = {
      password: secret("p"),
      nested: { key: secret("k"), open: 1 },
      list: [secret("l"), 2],
    };
    const answer = {
      password: "p",
      nested: { key: "k", open: 1, more: 2 },
      list: ["l", 2],
      stdout: { text: "t" },
      open: 3,
    };
    const marked = markAll(answer, asked, ["stdout"]);
    expect(marked).to.deep.equal({
      password: secret("p"),
      nested: { key: secret("k"), open: 1, more: 2 },
      list: secret(["l", 2]),
      stdout: secret({ text: "t" }),
      open: 3,
    });
    expect(reveal(marked)).to.deep.equal(answer);
  });
});
