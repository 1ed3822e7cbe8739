/** What a step does to a resource. `skip`: a creation that `target` leaves out. */
export type Op =
  | "create"
  | "update"
  | "replace"
  | "delete"
  /** Of what a replacement took the place of. */
  | "deleteReplaced"
  | "same"
  | "refresh"
  | "skip";

export type Severity = "info" | "info#err" | "warning" | "error";

export interface Resource {
  urn: string;
  type: string;
  name: string;
}

export interface Diagnostic {
  severity: Severity;
  /** As it came; may have several lines. */
  message: string;
  /** The resource it is about; without one it is about the stack. */
  urn?: string;
  /** Only of interest while the operation runs. */
  ephemeral: boolean;
}

export type Summary = Record<
  "create" | "update" | "replace" | "delete" | "same" | "refresh",
  number
>;

/** A step is one thing done to one resource; a replacement is one step that creates and deletes. */
export type EngineEvent =
  | {
      type: "begin";
      op: Op;
      resource: Resource;
      /** Names of the top-level inputs that differ. */
      changed?: string[];
      /** Names of the properties that make it a replacement. */
      replaces?: string[];
    }
  | {
      type: "end";
      op: Op;
      resource: Resource;
      /** What a refresh found. */
      found?: "same" | "update" | "delete";
    }
  | { type: "failed"; op: Op; resource: Resource; reasons: string[] }
  | ({ type: "diagnostic" } & Diagnostic)
  /** The first or the second signal has come. */
  | { type: "cancel"; now: boolean }
  | { type: "summary"; summary: Summary; failure?: string; seconds: number };

export type Emit = (event: EngineEvent) => void;

export const emptySummary = (): Summary => ({
  create: 0,
  update: 0,
  replace: 0,
  delete: 0,
  same: 0,
  refresh: 0,
});
