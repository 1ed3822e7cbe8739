import type { Code, Reply } from "./replies";

interface Call {
  /** `System.now()` */
  sentAt: number;
  /** It changes nothing, whatever becomes of it. */
  reads: boolean;
  settle(reply: Reply): void;
}

/** Requests under way, in the order sent. Each one ends: by its answer, its deadline, or all together. */
export class InFlight {
  private readonly calls = new Set<Call>();

  run<R extends Reply>(
    sentAt: number,
    reads: boolean,
    send: (answered: (reply: R) => void) => void,
  ): Promise<R> {
    return new Promise<R>((resolve) => {
      const call: Call = {
        ...{ sentAt, reads },
        settle: (reply) => {
          if (this.calls.delete(call)) resolve(reply as R);
        },
      };
      this.calls.add(call);
      try {
        send(call.settle);
      } catch (error) {
        call.settle({
          code: `ERROR_${(error as Error).message}`,
          unsent: true,
        });
      }
    });
  }

  /** Those sent before `time` are late: their outcome counts as unknown. */
  expire(time: number): void {
    for (const call of this.calls) {
      if (call.sentAt >= time) return;
      call.settle({ code: "TIMEOUT" });
    }
  }

  /** Its answer is refused: of a read that is all there is to say, of a change it says nothing. */
  refuseNext(code: Code): void {
    const [next] = this.calls;
    if (next?.reads) next.settle({ code });
  }

  /** Nothing of it will be answered any more. */
  endAll(code: Code): void {
    for (const { settle } of [...this.calls]) settle({ code });
  }
}
