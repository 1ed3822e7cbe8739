import { messageOf } from "./context";
import { Crypter } from "./crypter";
import { destroy } from "./destroy";
import { passphraseOf, withEquipment, type Equipment } from "./equipment";
import {
  emptySummary,
  type Diagnostic,
  type EngineEvent,
  type Summary,
} from "./events";
import { Halt } from "./halt";
import { redacting } from "./redaction";
import { refreshAll } from "./refresh";
import { readState } from "./snapshot";
import { decrypted, type ResourceState, type State } from "./state";
import type {
  OperationOptions,
  OperationResult,
  RefreshOptions,
  StackOptions,
} from "./types";
import { update } from "./update";
import { isStack } from "./urn";
import { hasUnknown, reveal, type Properties } from "./values";

/** Does the operation's own part; answers with the stack's resource. */
type Body = (equipment: Equipment) => Promise<ResourceState | undefined>;

/**
 * One stack of a project, with its state in a file. Its operations are those of
 * Pulumi's Automation API. They never throw: what went wrong is in the result.
 */
export class LocalStack {
  constructor(private readonly stack: StackOptions) {}

  /** Tells what `up` would do; takes no lock and writes nothing. */
  preview(options: OperationOptions = {}): Promise<OperationResult> {
    return this.operate(options, true, update);
  }

  up(options: OperationOptions = {}): Promise<OperationResult> {
    return this.operate(options, false, update);
  }

  refresh(options: RefreshOptions = {}): Promise<OperationResult> {
    return this.operate(options, false, async ({ context }) => {
      if (options.clearPendingCreates) context.snapshot.clearUnresolved();
      await refreshAll(context);
      return context.snapshot.resources.find(({ urn }) => isStack(urn));
    });
  }

  destroy(options: OperationOptions = {}): Promise<OperationResult> {
    return this.operate(options, false, async ({ context }) => {
      await destroy(context);
      return context.snapshot.resources.find(({ urn }) => isStack(urn));
    });
  }

  /** The state as it is in the file, secrets encrypted; of no operation yet: undefined. */
  exportState(): State | undefined {
    return readState(this.stack.stateFile);
  }

  /** The stack's outputs as last recorded, secrets in the clear. */
  outputs(): Record<string, unknown> {
    const deployment = this.exportState()?.deployment;
    const found = deployment?.resources.find(({ urn }) => isStack(urn));
    if (!deployment || !found) return {};
    const { salt } = deployment.secrets_providers.state;
    const crypter = Crypter.openNow(passphraseOf(this.stack), salt);
    return plain(decrypted(found, crypter).outputs);
  }

  private async operate(
    options: OperationOptions,
    preview: boolean,
    body: Body,
  ): Promise<OperationResult> {
    const started = performance.now();
    const diagnostics: Diagnostic[] = [];
    const emit = redacting(this.stack.config ?? {}, (event: EngineEvent) => {
      if (event.type === "diagnostic" && !event.ephemeral) {
        const { severity, message, urn, ephemeral } = event;
        const about = urn === undefined ? {} : { urn };
        diagnostics.push({ severity, message, ephemeral, ...about });
      }
      options.onEvent?.(event);
    });
    const halt = new Halt(options.signal, options.kill);
    halt.onCancel((now) => emit({ type: "cancel", now }));
    let summary: Summary = emptySummary();
    let outputs: Record<string, unknown> = {};
    try {
      const purpose = {
        ...{ stack: this.stack, options, preview, halt, emit },
        eager: body === update,
      };
      await withEquipment(purpose, async (equipment) => {
        summary = equipment.context.summary;
        outputs = plain((await body(equipment))?.outputs ?? {});
      });
    } catch (error) {
      const message = messageOf(error);
      const severity = "error";
      if (!halt.canceled)
        emit({ type: "diagnostic", severity, message, ephemeral: false });
      halt.fail(message);
    }
    halt.end();
    const seconds = (performance.now() - started) / 1000;
    const failure = failureOf(halt);
    emit({ type: "summary", summary, seconds, ...failure });
    return {
      ok: failure.failure === undefined,
      ...{ summary, diagnostics, outputs, ...failure },
      ...(halt.canceled ? { canceled: true } : {}),
    };
  }
}

function failureOf(halt: Halt): { failure?: string } {
  if (halt.canceled) return { failure: "the operation was canceled" };
  if (halt.failures.length === 0) return {};
  return { failure: halt.failures.join("\n") };
}

const plain = (outputs: Properties): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(outputs).map(([key, value]) => [
      key,
      hasUnknown(value) ? undefined : reveal(value),
    ]),
  );
