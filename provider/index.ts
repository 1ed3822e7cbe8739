/**
 * The provider of `LockedAction`. The state of every user's stack says
 * `require("pulumi-locked-action/provider").lockedAction`: this path and this name are for ever.
 */
import { createLockedAction } from "./locked-action";
import { Runtime } from "./runtime";
import { onShutdown } from "./shutdown";

const runtime = new Runtime();
onShutdown(() => runtime.close());

export const lockedAction = createLockedAction(runtime);
