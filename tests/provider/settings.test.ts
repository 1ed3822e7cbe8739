import { expect } from "chai";
import { readSettings, variable } from "../../provider/settings";

describe("readSettings", () => {
  it("takes stack config before the environment", () => {
    const { settings, problems } = readSettings(
      { "locked-action:lockTimeout": "60", "locked-action:lockRoot": "/a" },
      {
        LOCKED_ACTION_LOCK_TIMEOUT: "5",
        LOCKED_ACTION_ZOOKEEPER_SERVERS: "zk:2181",
        LOCKED_ACTION_SKIP_COORDINATION: "1",
        LOCKED_ACTION_OWNER_GRACE: "0",
        LOCKED_ACTION_ZOOKEEPER_AUTH: "digest:u:p:q",
      },
    );
    expect(problems).to.deep.equal([]);
    expect(settings).to.deep.equal({
      lockTimeout: 60,
      lockRoot: "/a",
      zookeeperServers: "zk:2181",
      skipCoordination: true,
      ownerGrace: 0,
      zookeeperAuth: { scheme: "digest", credentials: "u:p:q" },
    });
  });

  it("names the place of each mistake and repeats no value", () => {
    const { problems } = readSettings(
      {
        "locked-action:zookeeperAuth": "hunter2hunter2",
        "locked-action:retryInterval": "0",
        "locked-action:onFailedHolder": "panic",
        "locked-action:skipCoordination": "perhaps",
        "locked-action:lockRoot": "locks",
      },
      { LOCKED_ACTION_MAX_WAIT: "-1" },
    );
    expect(problems).to.deep.equal([
      "locked-action:zookeeperAuth: expected scheme:credentials, digest:user:password say",
      "locked-action:lockRoot: expected a path that begins with /",
      "LOCKED_ACTION_MAX_WAIT: expected a number of seconds",
      "locked-action:retryInterval: expected a number of seconds",
      'locked-action:onFailedHolder: expected "fail" or "wait"',
      "locked-action:skipCoordination: expected true or false",
    ]);
  });

  it("takes an empty value for none", () => {
    const { settings } = readSettings({}, { LOCKED_ACTION_LOCK_ROOT: "" });
    expect(settings).to.deep.equal({});
  });

  it("leaves other variables of ours alone", () => {
    const { warnings } = readSettings({}, { LOCKED_ACTION_HOST: "web3" });
    expect(warnings).to.deep.equal([]);
  });
});

describe("variable", () => {
  it("names the environment's twin of a key", () => {
    expect(variable("zookeeperServers")).to.equal(
      "LOCKED_ACTION_ZOOKEEPER_SERVERS",
    );
  });
});
