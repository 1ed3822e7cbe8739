import type { RemoteHost } from "../ssh/types";
import type { LookOptions } from "./look";
import type { Identity } from "./types";

const IDENTITY = /^[0-9a-f-]{36}\/\d{1,10}\/\d{1,20}$/;

/**
 * Which of these very processes still run, whatever any pattern matches; `null`: it could not be
 * told. Reads `/proc/PID/stat`: the 20th word after the name in parentheses is when it began.
 */
export async function stillAlive(
  host: RemoteHost,
  identities: readonly Identity[],
  { signal, ...rights }: LookOptions,
): Promise<Identity[] | null> {
  if (host.alive) return host.alive(identities);
  if (host.look) return null;
  const asked = identities.filter((identity) => IDENTITY.test(identity));
  const script = { body: program(asked), ...rights };
  const result = await host.run(script, signal ? { signal } : {});
  const lines = result.stdout.split("\n");
  if (result.kind !== "exit" || result.code !== 0) return null;
  if (!lines.includes("end")) return null;
  return asked.filter((identity) => lines.includes(`alive ${identity}`));
}

function program(identities: readonly Identity[]): string {
  return `read -r boot </proc/sys/kernel/random/boot_id || exit 1
for identity in ${identities.join(" ")}; do
rest=\${identity#*/} pid=\${rest%/*} began=\${rest#*/}
[ "\${identity%%/*}" = "$boot" ] || continue
line=; while read -r part; do line="$line $part"; done 2>/dev/null <"/proc/$pid/stat" || continue
set -- \${line##*) }
[ "$1" = Z ] || [ "\${20}" != "$began" ] || echo "alive $identity"
done
echo end
`;
}
