import type { Session } from "../../zookeeper/session";
import { LocalView, type Contender } from "./view";

/** By session: those of its current epoch, by the path of L. */
const views = new WeakMap<
  Session,
  { epoch: number; byPath: Map<string, LocalView<never>> }
>();

/** What this process knows of a lock over a session; nothing of what it knew over the one before. */
export function localView<C extends Contender>(
  session: Session,
  lock: string,
): LocalView<C> {
  let known = views.get(session);
  if (known?.epoch !== session.epoch) {
    known = { epoch: session.epoch, byPath: new Map() };
    views.set(session, known);
  }
  let view = known.byPath.get(lock);
  if (!view) known.byPath.set(lock, (view = new LocalView<never>()));
  return view as unknown as LocalView<C>;
}
