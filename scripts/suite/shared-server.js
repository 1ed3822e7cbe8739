"use strict";
// One ZooKeeper for all the files of a run that need none of their own (tests/support/shared-zookeeper.ts).

/** @returns its address, and `stop` */
async function startSharedServer() {
  require("../typescript"); // first, and only now: set-up may have installed what it needs
  const { Sandbox } = require("../../tests/support/sandbox");
  const { startZookeeper } = require("../../tests/support/zookeeper");
  const sandbox = await Sandbox.create();
  const server = await startZookeeper(sandbox, {
    tickTime: 500,
    heap: "384m",
    // what tests ask for, whatever the tick; nothing here need survive the machine
    extra: ["minSessionTimeout=1000", "maxSessionTimeout=20000"],
    properties: ["-Dzookeeper.forceSync=no"],
  });
  return { connect: server.connect, stop: () => sandbox.stop() };
}

module.exports = { startSharedServer };
