import * as pulumi from "@pulumi/pulumi";
import { expect } from "chai";
import { secret, withSecrets } from "../../sdk/inputs";

const SIGNATURE = "4dabf18193072939515e22adb298388d";
const FIELDS = ["name", "data", "auth"];

/** As it goes to the engine, once its values are known. */
async function wire(input: unknown): Promise<Record<string, unknown>> {
  const value = withSecrets(input, FIELDS, { auth: secret });
  const sent = await pulumi.runtime.serializeProperties("test", { value });
  return (sent as { value: Record<string, unknown> }).value;
}

const isSecret = (value: unknown) =>
  typeof value === "object" && value !== null && SIGNATURE in value;

describe("withSecrets", () => {
  before(async () => {
    await pulumi.runtime.setMocks({
      newResource: ({ inputs }) => ({ id: "id", state: inputs }),
      call: () => ({}),
    });
  });

  const lock = { name: "web", data: "rack", auth: [{ credentials: "u:p" }] };
  const given: [string, unknown][] = [
    ["a plain object", lock],
    ["an output", pulumi.output(lock)],
    ["a promise", Promise.resolve(lock)],
    ["an object of outputs", { ...lock, name: pulumi.output("web") }],
  ];
  for (const [what, input] of given)
    it(`makes one field of ${what} secret, and no other`, async () => {
      const { name, data, auth } = await wire(input);
      expect({ name, data }).to.deep.equal({ name: "web", data: "rack" });
      expect(isSecret(auth)).to.equal(true);
    });

  it("keeps secret what was", async () => {
    const { name, auth } = await wire({ name: pulumi.secret("web") });
    expect(isSecret(name)).to.equal(true);
    expect(auth).to.equal(undefined);
  });

  it("leaves out what is not given", () => {
    expect(withSecrets(undefined, FIELDS, { auth: secret })).to.equal(
      undefined,
    );
  });
});
