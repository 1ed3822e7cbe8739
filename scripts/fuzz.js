// npm run fuzz -- [--minutes N] [--seed SEED] …: sets up what is needed, then runs tests/fuzz/main.ts.
"use strict";
require("./tool")("tests/fuzz/main.ts");
