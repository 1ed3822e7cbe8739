import { START } from "./look-program";

/** What every host has from one boot to the next: its first process, which began with it. */
export const BOOT_PROGRAM = `${START}
la_t=0; read -r la_t la_x </proc/uptime
echo "p 1 0"
echo "end 1 $((\${la_t%%.*} * la_hz)) 0"
`;
