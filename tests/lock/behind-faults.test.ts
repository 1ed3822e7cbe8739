import { expect } from "chai";
import { LockCancelled } from "../../core/lock";
import { sideBySide } from "../support/side-by-side";
import {
  holderAhead,
  holderMade,
  inOrder,
  inScene,
  isBehind,
  nothingElse,
  release,
  type Scene,
} from "./in-one-go";
import { newLock, useLab, type TestLock } from "./lab";
import {
  heldUp,
  once,
  type Fate,
  type Request,
  type Script,
} from "./scripted-session";

const isFirst = (request: Request) =>
  holderMade(request) !== undefined && !holderAhead(request);

/** Which of the grants a fault strikes: the first one's, the one's behind it, or each of the two. */
const STRUCK: Record<string, (fate: Fate) => Script> = {
  "the one before": (fate) => once(isFirst, fate),
  "the one behind": (fate) => once(isBehind, fate),
  both: (fate) => {
    const [first, behind] = [once(isFirst, fate), once(isBehind, fate)];
    return (request) => first(request) ?? behind(request);
  },
};

describe("grants in one go", () => {
  const lab = useLab(after);
  const it = sideBySide();

  async function scene(): Promise<Scene & { lock: TestLock }> {
    const lock = newLock({ maxHolders: 3 });
    return { lock, ...(await inScene(lab, lock)) };
  }

  for (const [whose, strike] of Object.entries(STRUCK))
    for (const lose of ["request", "reply"] as const) {
      it(`the ${lose} of ${whose} is lost: all get it in order`, async () => {
        const { lock, ...theirs } = await scene();
        const { grants, arrive, released } = await release(
          theirs,
          theirs.holders,
          strike({ lose }),
        );
        expect(grants).to.have.length(3);
        arrive();
        const held = await inOrder(...theirs.waiting);
        await released;
        await nothingElse(lab, lock, held);
      });

      it(`the ${lose} of ${whose} is lost, and the session with it: all get it once`, async () => {
        const { lock, ...theirs } = await scene();
        const { session, holders, waiting } = theirs;
        const when = lose === "request" ? "before" : "after";
        const { grants, arrive, released } = await release(
          theirs,
          holders,
          strike({ lose, [when]: () => session.loseSession() }),
        );
        expect(grants).to.have.length(3);
        arrive();
        const held = await Promise.all(waiting.map((one) => one.gets()));
        await released;
        await Promise.all(held.map((one) => one.reassert()));
        await nothingElse(lab, lock, held);
      });
    }

  for (const [index, whose] of ["the one before", "the one behind"].entries())
    for (const lose of ["request", "reply"] as const)
      it(`the ${lose} of ${whose} is lost, and then it is cancelled: nothing of it is left`, async () => {
        const { lock, ...theirs } = await scene();
        const cancelled = theirs.waiting[index]!;
        const when = lose === "request" ? "before" : "after";
        const { arrive, released } = await release(
          theirs,
          theirs.holders,
          STRUCK[whose]!({ lose, [when]: () => cancelled.cancel() }),
        );
        arrive();
        expect(await cancelled.fails()).to.be.instanceOf(LockCancelled);
        const others = theirs.waiting.filter((one) => one !== cancelled);
        const held = await inOrder(...others);
        await released;
        await nothingElse(lab, lock, held);
      });

  it("a late copy of the one behind does nothing after all was settled", async () => {
    const { lock, ...theirs } = await scene();
    const { until: late, goOn } = heldUp();
    const { arrive, released } = await release(
      theirs,
      theirs.holders,
      once(isBehind, { late }),
    );
    arrive();
    const held = await inOrder(...theirs.waiting);
    await released;
    goOn();
    const [answer] = await Promise.all(theirs.session.arrived);
    expect(answer).to.deep.include({ code: "NO_NODE", failed: "waiter" });
    await nothingElse(lab, lock, held);
  });

  it("a late copy of the one behind does nothing after it was cancelled", async () => {
    const { lock, ...theirs } = await scene();
    const [d, e, f] = theirs.waiting;
    const { until: late, goOn } = heldUp();
    const { arrive, released } = await release(
      theirs,
      theirs.holders,
      once(isBehind, { before: () => e!.cancel(), late }),
    );
    arrive();
    await e!.fails();
    const held = await inOrder(d!, f!);
    await released;
    goOn();
    const [answer] = await Promise.all(theirs.session.arrived);
    expect(answer).to.deep.include({ code: "NO_NODE", failed: "waiter" });
    await nothingElse(lab, lock, held);
  });
});
