// npm run chaos -- [--cycles N] [--seed N] [--ensemble] …: sets up what is needed, then runs tests/chaos/main.ts.
"use strict";
require("./tool")("tests/chaos/main.ts");
