import { expect } from "chai";
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { serviceScript } from "../../core/action/service";
import type { Perform } from "../../core/action/types";
import { Sandbox } from "../support/sandbox";

describe("serviceScript", () => {
  let sandbox: Sandbox;
  before(async () => {
    sandbox = await Sandbox.create();
    // stands for the host's own: says how it was called
    const tool = path.join(sandbox.dir, "service");
    fs.writeFileSync(tool, '#!/bin/sh\necho "service $*"\n', { mode: 0o755 });
  });
  after(() => sandbox.stop());

  const said = (service: string, perform: Perform, directory = sandbox.dir) => {
    const script = serviceScript({
      ...{ kind: "service", service, perform, timeout: 1 },
    });
    return execFileSync("/bin/sh", ["-c", script], {
      env: { PATH: `${directory}:/usr/bin:/bin` },
      encoding: "utf8",
    }).trim();
  };

  it("runs `service` where systemd does not run", function () {
    if (fs.existsSync("/run/systemd/system")) {
      console.log("      not run: systemd runs on this machine");
      return this.skip();
    }
    expect(said("hdfs-datanode", "restart")).to.equal(
      "service hdfs-datanode restart",
    );
    expect(said("backup@srv\\x2ddata", "restart")).to.equal(
      "service backup@srv\\x2ddata restart",
    );
    expect(said("web@1.x:y_z", "reload-or-restart")).to.equal(
      "service web@1.x:y_z force-reload",
    );
  });

  it("asks systemd for no password, and takes a name for a name", () => {
    const script = serviceScript({
      ...{ kind: "service", service: "web", perform: "restart", timeout: 1 },
    });
    expect(script).to.include(
      "exec systemctl --no-ask-password restart -- 'web'",
    );
  });

  for (const name of ["", "-f", "a b", "a'b", "$(x)", "a;b", "a\nb", "../x"])
    it(`refuses ${JSON.stringify(name)}`, () => {
      expect(() => said(name, "restart")).to.throw("not a service's name");
    });
});
