import fs from "node:fs";
import { expect } from "chai";
import { needsPrivateHosts, startPrivateHost } from "../ssh/private-host";
import { command, failed, Rig } from "./rig";

/** What answers is not our shell: an exit 0 of it is no success. */
describe("a host that runs something else than what it is sent", () => {
  needsPrivateHosts();
  let rig: Rig;
  before(async () => void (rig = await Rig.start(["web1"])));
  after(() => rig?.stop());

  for (const exit of [0, 75, 142])
    it(`fails before the lock, with the host's own words (exit ${exit})`, async () => {
      const host = await startPrivateHost(rig.sandbox, [], {
        config: [`ForceCommand echo 'Use the account admin.'; exit ${exit}`],
      });
      const step = { command: "true", timeout: 10, interval: 1 };
      const connection = {
        ...host.connection("root"),
        privateKey: fs.readFileSync(`${host.dir}/client`, "utf8"),
      };
      for (const process of [null, { commandString: "^sshd$" }]) {
        const spec = rig.spec({
          ...{ connection, process, act: command("true") },
          ...{ gate: step, drain: step, undrain: step },
        });
        const outcome = failed(await rig.run(spec));
        expect(outcome).to.deep.include({ step: "look", kept: null });
        expect(outcome.reasons.join("\n")).to.contain("Use the account admin.");
        expect(await rig.view(spec)).to.equal(null);
      }
    });
});
