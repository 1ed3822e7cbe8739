import { expect } from "chai";
import { Display } from "../../engine/display";
import { emptySummary, type EngineEvent } from "../../engine/events";

const urn = "urn:pulumi:dev::test::a:b:C::name";
const resource = { urn, type: "a:b:C", name: "name" };
const summary = { ...emptySummary(), create: 1, same: 3 };

function shown(preview: boolean, events: EngineEvent[]): string[] {
  const lines: string[] = [];
  let now = 0;
  const display = new Display(
    preview,
    (line) => void lines.push(line),
    () => (now += 500),
  );
  for (const event of events) display.onEvent(event);
  return lines;
}

describe("what the engine's command line shows", () => {
  it("is a row for each thing that happens, then what was told, then the sum", () => {
    const told = { type: "diagnostic", urn } as const;
    const lines = shown(false, [
      { type: "begin", op: "create", resource },
      { ...told, severity: "info", message: "waits", ephemeral: true },
      { type: "end", op: "create", resource },
      { ...told, severity: "error", message: "one\ntwo", ephemeral: false },
      { type: "begin", op: "same", resource },
      { type: "end", op: "same", resource },
      { type: "summary", summary, seconds: 2, failure: "one" },
    ]);
    expect(lines).to.deep.equal([
      " +  a:b:C name creating (0s)",
      " +  a:b:C name waits",
      " +  a:b:C name created (0.50s)",
      "    a:b:C name error: one",
      "Diagnostics:",
      "  a:b:C (name):",
      "    error: one",
      "    two",
      "Resources:",
      "    + 1 created",
      "    3 unchanged",
      "error: one",
      "Duration: 2.0s",
    ]);
  });

  it("is a plan in a preview, with what differs", () => {
    const changed = ["x", "y"];
    const lines = shown(true, [
      { type: "begin", op: "replace", resource, changed, replaces: ["y"] },
      { type: "end", op: "replace", resource },
      { type: "summary", summary, seconds: 0.25 },
    ]);
    expect(lines).to.deep.equal([
      " +- a:b:C name replace [diff: ~x,+-y]",
      "Resources:",
      "    + 1 to create",
      "    3 unchanged",
      "Duration: 0.3s",
    ]);
  });
});
