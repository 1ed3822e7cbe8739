import { expect } from "chai";
import { eventually } from "../support/eventually";
import { startHosts } from "../support/hosts";
import { freePorts } from "../support/ports";
import { connect } from "./connect";
import { dialling } from "./dialling";

describe("dialling a host", () => {
  const at = dialling();
  const { to, failure, works, sessions } = at;

  describe("through jump hosts", () => {
    it("goes any number of them, and closes all with the last lease", async () => {
      const proxy = { ...to("jump2"), proxy: to("jump1") };
      expect(await works(to("web1", { proxy }))).to.equal("web1");
      for (const name of ["web1", "jump1", "jump2"])
        await eventually(
          `the session at ${name} is over`,
          () => sessions(name) === 0,
        );
    });

    it("shares the jump host's connection between all hosts behind it", async () => {
      const proxy = to("jump1");
      const leases = await Promise.all([
        at.pool.lease(to("web1", { proxy })),
        at.pool.lease(to("web2", { proxy })),
      ]);
      expect(sessions("jump1")).to.equal(1);
      for (const lease of leases) lease.release();
      await eventually("the session is over", () => sessions("jump1") === 0);
    });

    it("tells which of them could not be reached", async () => {
      const [port] = await freePorts(1);
      const first = await failure(
        to("web1", {
          proxy: to("jump1", { port: port!, dialErrorLimit: 2 }),
          dialErrorLimit: 9,
        }),
      );
      expect(first.message).to.match(
        new RegExp(
          `^through the jump host: 127.0.0.1:${port} cannot be reached after 2 tries`,
        ),
      );
      expect(first.tries).to.have.length(2);
      const second = await failure(
        to("web1", { port: port!, proxy: to("jump1") }),
      );
      expect(second.message).to.match(
        /cannot be reached: from the jump host: .*refused/i,
      );
      await eventually("the session is over", () => sessions("jump1") === 0);
    });

    it("says when the jump host forwards nothing", async () => {
      const closed = await startHosts(at.sandbox, ["closed"], {
        config: ["AllowTcpForwarding no"],
      });
      const error = await failure(
        to("web1", { proxy: connect(closed.connection("closed")) }),
      );
      expect(error.message).to.match(/from the jump host: .*open failed/);
    });
  });
});
