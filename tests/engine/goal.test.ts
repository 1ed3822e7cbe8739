import { RegisterResourceRequest } from "@pulumi/pulumi/proto/resource_pb";
import { expect } from "chai";
import { goalOf } from "../../engine/goal";
import { SIGNATURE, toStruct } from "../../engine/values";

const request = () => {
  const made = new RegisterResourceRequest();
  made.setType("pulumi-nodejs:dynamic:Plain");
  made.setName("a");
  made.setCustom(true);
  return made;
};

describe("what a program may ask for", () => {
  const refused: [string, (asked: RegisterResourceRequest) => unknown][] = [
    ["aws:s3:Bucket, as anything", (asked) => asked.setType("aws:s3:Bucket")],
    [
      "pulumi:providers:aws",
      (asked) => asked.setCustom(false).setType("pulumi:providers:aws"),
    ],
    ["a component of another language", (asked) => asked.setRemote(true)],
    ["the option `provider`", (asked) => asked.setProvider("urn::id")],
    [
      "the option `providers`",
      (asked) => asked.getProvidersMap().set("aws", "urn::id"),
    ],
    [
      "the option `replaceOnChanges`",
      (asked) => asked.setReplaceonchangesList(["x"]),
    ],
    ["the option `deletedWith`", (asked) => asked.setDeletedwith("urn")],
    ["the option `replaceWith`", (asked) => asked.setReplaceWithList(["urn"])],
    [
      "`ignoreChanges` of anything but",
      (asked) => asked.setIgnorechangesList(["list[0]"]),
    ],
    [
      "an asset, archive or reference as input",
      (asked) =>
        asked.setObject(toStruct({ deep: [{ [SIGNATURE]: "an asset's" }] })),
    ],
  ];
  for (const [what, ask] of refused)
    it(`is not ${what.split(",")[0]}`, () => {
      const asked = request();
      ask(asked);
      expect(() => goalOf(asked)).to.throw(what);
    });

  it("tells what is not said from what is said to be false", () => {
    expect(goalOf(request())).not.to.have.any.keys(
      "protect",
      "retainOnDelete",
      "deleteBeforeReplace",
    );
    const asked = request().setProtect(false).setRetainondelete(false);
    asked.setDeletebeforereplacedefined(true);
    expect(goalOf(asked)).to.include({
      protect: false,
      retainOnDelete: false,
      deleteBeforeReplace: false,
    });
  });
});
