import { expect } from "chai";
import { conclude, type Evidence } from "../../core/ssh/conclusion";
import { MarkedOutput } from "../../core/ssh/marked-output";

const TOKEN = "locked-action-0123";

describe("what is concluded from the outputs of a script", () => {
  /** Output that comes in pieces of any size. */
  const output = (text: string, size = text.length) => {
    const output = new MarkedOutput(TOKEN);
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length; at += size)
      output.push(bytes.subarray(at, at + size));
    output.finish();
    return output;
  };
  const whole = `Welcome!\n${TOKEN} at 42\n${TOKEN} go\nout ${TOKEN.slice(0, -1)}\nno line break${TOKEN} end 5\nlater\n`;
  const evidence = (more: Partial<Evidence>): Evidence => ({
    exit: null,
    stdout: output(""),
    stderr: output(""),
    limit: 10,
    elapsed: 1,
    lost: null,
    sent: true,
    ...more,
  });

  it("is the same however the outputs were cut into pieces", () => {
    for (let size = 1; size < whole.length; size++) {
      const { body, noise, seen } = output(whole, size);
      expect(body.toString()).to.equal(
        `out ${TOKEN.slice(0, -1)}\nno line break`,
      );
      expect(noise.toString()).to.equal("Welcome!\n");
      expect(Object.fromEntries(seen)).to.deep.equal({
        at: "42",
        go: "",
        end: "5",
      });
    }
  });

  it("is an exit if its last word came before the link was lost", () => {
    const result = conclude(evidence({ stdout: output(whole), lost: "cut" }));
    expect(result).to.include({ kind: "exit", code: 5 });
  });

  it("is unknown without it, and nobody can say that it has not begun", () => {
    const cut = conclude(evidence({ lost: "cut" }));
    expect(cut).to.include({ kind: "unknown", reason: "cut" });
    expect(cut).to.not.have.property("started");
    expect(conclude(evidence({ lost: "cut", sent: false }))).to.include({
      started: false,
    });
  });

  it("is a timeout if it was killed when its time was over, else a signal", () => {
    const stdout = output(`${TOKEN} at 1\n${TOKEN} go\n`);
    const ended = (exit: number | string, elapsed: number) =>
      conclude(evidence({ stdout, exit, elapsed })).kind;
    expect(ended(124, 10)).to.equal("timeout");
    expect(ended("SIGKILL", 12)).to.equal("timeout");
    expect(ended(143, 10)).to.equal("timeout");
    expect(ended("SIGKILL", 9)).to.equal("signal");
  });
});
