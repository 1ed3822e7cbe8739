import type { ServiceAction } from "./types";

/** What a service's name may consist of, systemd's escapes such as `\x2d` included; it goes into a shell script, between single quotes. */
export const SERVICE_NAME = /^[A-Za-z0-9@._:\\][A-Za-z0-9@._:\\-]{0,255}$/;

/** A script that does it by systemd where it runs, else by `service`, else by the init script. */
export function serviceScript({ service, perform }: ServiceAction): string {
  if (!SERVICE_NAME.test(service)) throw new Error("not a service's name");
  // LSB names it differently; the others are the same in both worlds
  const lsb = perform === "reload-or-restart" ? "force-reload" : perform;
  return `PATH=$PATH:/usr/sbin:/sbin
if [ -d /run/systemd/system ]; then
  exec systemctl --no-ask-password ${perform} -- '${service}'
elif command -v service >/dev/null 2>&1; then
  exec service '${service}' ${lsb}
elif [ -x '/etc/init.d/${service}' ]; then
  exec '/etc/init.d/${service}' ${lsb}
fi
echo 'neither systemd nor service nor an init script is on this host' >&2
exit 127
`;
}

/** Exit 0 where a service has a unit of systemd's. */
export const SYSTEMD_RUNS = "[ -d /run/systemd/system ]";
