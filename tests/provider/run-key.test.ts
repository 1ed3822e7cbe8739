import { expect } from "chai";
import type { Act } from "../../core/action/types";
import { runKey } from "../../provider/run-key";

const service: Act = {
  kind: "service",
  service: "web",
  perform: "restart",
  timeout: 300,
};
const command: Act = { kind: "command", command: "true", timeout: 300 };

describe("runKey", () => {
  const base = runKey([1], command);
  const other: [string, unknown[], Act][] = [
    ["triggers", [2], command],
    ["the type of a trigger", ["1"], command],
    ["command", [1], { ...command, command: "false" }],
    ["stdin", [1], { ...command, stdin: "x" }],
    ["environment", [1], { ...command, environment: { A: "x" } }],
    ["sudo", [1], { ...command, sudo: true }],
    ["the user of sudo", [1], { ...command, sudo: "web" }],
    ["service", [1], service],
    ["perform", [1], { ...service, perform: "reload" }],
    ["reboot", [1], { kind: "reboot", timeout: 900 }],
  ];
  for (const [what, triggers, act] of other)
    it(`is another one when ${what} changes`, () => {
      expect(runKey(triggers, act)).not.to.equal(base);
    });

  const same: [string, unknown[], Act][] = [
    ["timeout", [1], { ...command, timeout: 1 }],
    ["sudoPassword", [1], { ...command, sudoPassword: "x" }],
    ["an empty environment", [1], { ...command, environment: {} }],
    ["sudo: false", [1], { ...command, sudo: false }],
    ["an empty stdin", [1], { ...command, stdin: "" }],
  ];
  for (const [what, triggers, act] of same)
    it(`is the same with ${what}`, () => {
      expect(runKey(triggers, act)).to.equal(base);
    });

  it("does not depend on the order of keys, but on that of triggers", () => {
    const key = (...triggers: unknown[]) => runKey(triggers, command);
    expect(key({ a: 1, b: { c: 2, d: 3 } })).to.equal(
      key({ b: { d: 3, c: 2 }, a: 1 }),
    );
    expect(key(1, 2)).not.to.equal(key(2, 1));
  });
});
