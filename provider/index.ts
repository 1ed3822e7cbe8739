/**
 * The providers of `LockedAction` and `RollingAction`. The state of every user's stack says
 * `require("pulumi-locked-action/provider").lockedAction`, or `.rollingAction`: this path and these names are for ever.
 */
import { createLockedAction } from "./locked-action";
import { createRollingAction } from "./rolling-action";
import { Runtime } from "./runtime";
import { onShutdown } from "./shutdown";

const runtime = new Runtime();
onShutdown(() => runtime.close());

export const lockedAction = createLockedAction(runtime);
export const rollingAction = createRollingAction(runtime);
