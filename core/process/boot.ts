import type { Identity, ProcessSpec } from "./types";

/** What proves a reboot: the host itself. */
export const BOOT: ProcessSpec = { boot: true };

/** The boot that an identity is of. */
export const bootOf = (identity: Identity): string => identity.split("/")[0]!;

/** Of a look at the boot itself: `bootId/1/0`. */
export const isBoot = (identity: Identity): boolean =>
  identity.endsWith("/1/0");
