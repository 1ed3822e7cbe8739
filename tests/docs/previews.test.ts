import { expect } from "chai";
import path from "node:path";
import ts from "typescript";
import { describeProblems } from "../../provider/check";
import { minimal } from "../provider/inputs";
import { keygen } from "../support/hosts";
import { makeProject } from "../support/project";
import { Sandbox } from "../support/sandbox";
import { errorsOf } from "../support/scene";
import { openStack } from "../support/stack";
import { blocks } from "./pages";

const programs = blocks("ts").filter(({ text }) => /^import /m.test(text));
const fragments = blocks("ts").filter(({ text }) => !/^import /m.test(text));

describe("the programs in README and docs, previewed", () => {
  let sandbox: Sandbox;
  let privateKey: string;
  before(async () => {
    sandbox = await Sandbox.create();
    ({ privateKey } = keygen(path.join(sandbox.dir, "key")));
  });
  after(() => sandbox.stop());

  for (const { where, text } of programs)
    it(`${where} declares what it says, without any network`, async () => {
      const project = await makeProject(sandbox, {
        ...{ name: "docs", program: text, withPackage: true },
      });
      const stack = await openStack(project, "dev", {
        env: sandbox.env,
        config: {
          "docs:privateKey": { secret: privateKey },
          "docs:zookeeper": { secret: "deployer:of the docs" },
          "docs:version": "1",
          "locked-action:zookeeperServers": "zk1.example.com:2181",
        },
      });
      const result = await stack.preview();
      expect(errorsOf(result)).to.equal("");
      expect(result.summary.create).to.be.greaterThan(1); // the stack is one
    });

  for (const { where, text } of fragments)
    it(`${where} shows inputs that check accepts`, () => {
      const parts = text.replaceAll("{ … }", "{}").split(/^(?=\w+: )/m);
      for (const part of parts.filter((each) => each.trim() !== "")) {
        const { outputText } = ts.transpileModule(`({\n${part}})`, {});
        // oxlint-disable-next-line no-eval -- the page's own text
        const inputs = eval(outputText) as Record<string, unknown>;
        expect(describeProblems({ ...minimal(), ...inputs })).to.deep.equal([]);
      }
    });
});
