import { createRequire } from "node:module";
import { clean, LONGEST_LINE } from "../core/text/clean";
import type { EngineClient } from "@pulumi/pulumi/proto/engine_grpc_pb";
import type { LogSeverity } from "@pulumi/pulumi/proto/engine_pb";

/** Milliseconds between two status lines of one resource. */
const PACE = 1000;

type Send = (line: {
  urn: string;
  message: string;
  ephemeral: boolean;
  severity: "info" | "warning";
}) => void;

/** What the user sees of each resource while it is at work. */
export class Status {
  private readonly lines = new Map<string, Line>();

  private readonly send: Send;

  constructor(
    send: Send,
    private readonly now: () => number = Date.now,
    /** Where a line replaces the one before it. */
    readonly living: () => boolean = () => true,
  ) {
    // the one place where all lines pass, whoever's words are in them
    this.send = ({ message, ...line }) =>
      send({ ...line, message: clean(message, LONGEST_LINE) });
  }

  /**
   * Where a resource stands. Not on a terminal, where each line stays, only a step that takes
   * longer than a second is told, and once: a log of hundreds of resources must stay readable.
   */
  step(urn: string | undefined, step: string, text: string): void {
    const message = `${step}: ${text}`;
    if (this.living()) return this.show(urn, message);
    if (!urn) return;
    const line = this.lines.get(urn) ?? { last: "", at: -Infinity };
    this.lines.set(urn, line);
    line.next = message;
    if (line.step === step) return;
    line.step = step;
    clearTimeout(line.timer);
    line.timer = setTimeout(() => {
      if (line.next) this.row(urn, line.next, { stays: true });
    }, PACE).unref();
  }

  /** The line beside the resource: at most one a second, the latest one wins, none twice. */
  show(urn: string | undefined, message: string): void {
    if (!urn) return;
    const line = this.lines.get(urn) ?? { last: "", at: -Infinity };
    this.lines.set(urn, line);
    line.next = message;
    const wait = line.at + PACE - this.now();
    if (wait <= 0) return this.flush(urn, line);
    line.timer ??= setTimeout(() => this.flush(urn, line), wait).unref();
  }

  /** A line of its own, at once; one that stays is told again at the end of the operation. */
  row(urn: string | undefined, message: string, { stays = false } = {}): void {
    if (!urn) return;
    this.send({ urn, message, ephemeral: !stays, severity: "info" });
  }

  /** A line that stays in the log. */
  warn(urn: string | undefined, message: string): void {
    const line = { message, ephemeral: false, severity: "warning" } as const;
    this.send({ urn: urn ?? "", ...line });
  }

  /** No more lines of this resource: its operation has ended. */
  end(urn: string | undefined): void {
    const line = urn && this.lines.get(urn);
    if (!line) return;
    clearTimeout(line.timer);
    this.lines.delete(urn);
  }

  private flush(urn: string, line: Line): void {
    clearTimeout(line.timer);
    delete line.timer;
    const message = line.next;
    if (message === undefined || message === line.last) return;
    Object.assign(line, { last: message, at: this.now() });
    this.send({ urn, message, ephemeral: true, severity: "info" });
  }
}

interface Line {
  last: string;
  at: number;
  next?: string;
  /** The step that it stands at, where lines stay. */
  step?: string;
  timer?: NodeJS.Timeout;
}

/**
 * Sends lines by the engine's own log service, whose address is the last argument of a
 * provider's process. A status line is never worth a failure: whatever goes wrong is ignored.
 */
export function engineLog(address: string | undefined): Send {
  let client: ReturnType<typeof connect> | null | undefined;
  return ({ urn, message, ephemeral, severity }) => {
    try {
      client ??= connect(address);
      if (!client) return;
      const request = new client.Request();
      request.setSeverity(client.severities[severity]);
      request.setMessage(message);
      request.setUrn(urn);
      request.setEphemeral(ephemeral);
      client.engine.log(request, () => {});
    } catch {
      client = null;
    }
  };
}

type Grpc = typeof import("@grpc/grpc-js");
type EngineService = { EngineClient: typeof EngineClient };
type EngineMessages = typeof import("@pulumi/pulumi/proto/engine_pb");

function connect(address: string | undefined) {
  if (!address || !/^[\w.[\]-]+:\d+$/.test(address)) return null;
  // as Pulumi's SDK finds it, which brings it along
  const load = createRequire(require.resolve("@pulumi/pulumi/package.json"));
  const { credentials } = load("@grpc/grpc-js") as Grpc;
  const service = load("./proto/engine_grpc_pb") as EngineService;
  const messages = load("./proto/engine_pb") as EngineMessages;
  const { INFO, WARNING } = messages.LogSeverity as typeof LogSeverity;
  return {
    engine: new service.EngineClient(address, credentials.createInsecure()),
    Request: messages.LogRequest,
    severities: { info: INFO, warning: WARNING },
  };
}
