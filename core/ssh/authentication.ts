import type {
  AnyAuthMethod,
  AuthHandlerMiddleware,
  ParsedKey,
  Prompt,
} from "ssh2";
import type { ConnectionOptions } from "./types";

/** The ways to log in that a connection has, one after the other. */
export interface Authentication {
  handler: AuthHandlerMiddleware;
  /** Takes down why one way failed; the next one is tried. */
  note(reason: string): void;
  /** Why nothing worked, for people. `said`: why the host ended it. */
  failure(said?: string): string;
}

type Method = AnyAuthMethod & { label: string };

/** privateKey, agent, password, keyboard-interactive: what there is of them, in this order. */
export function authentication(
  options: ConnectionOptions,
  key: ParsedKey | null,
): Authentication {
  const methods = methodsOf(options, key);
  /** Only what the host was asked for: it may have closed the door before the rest. */
  const names: string[] = [];
  const notes: string[] = [];
  let offered: readonly string[] = [];
  return {
    handler: (left, _partial, next) => {
      // undefined in the first call, before the host has said anything
      if (left as unknown) offered = left;
      const method = methods.shift();
      if (method?.label) names.push(method.label);
      next(method ?? (false as unknown as AnyAuthMethod));
    },
    note: (reason) => void notes.push(reason),
    failure: (said) => {
      const tried = names.length ? `tried ${names.join(", ")}` : "";
      const had = tried || "there is no privateKey, agent or password";
      const offers = offered.length ? `; it offers ${offered.join(", ")}` : "";
      const why = notes.length ? ` (${notes.join("; ")})` : "";
      const ended = said ? `; the host says: ${said}` : "";
      const hint = names.includes("agent") ? agentHint(said) : "";
      return `the host does not let ${options.user} in: ${had}${why}${offers}${ended}${hint}`;
    },
  };
}

/** The library asks an agent for one key after the other, and passes over what it does not know. */
function agentHint(said: string | undefined): string {
  return said
    ? "; the agent may hold more keys than the host allows tries: give privateKey, or an agent with the one key"
    : "; certificates and security keys (sk-…) of an agent are not used";
}

function methodsOf(
  options: ConnectionOptions,
  key: ParsedKey | null,
): Method[] {
  const { user: username, password } = options;
  const agent = options.agentSocketPath ?? process.env.SSH_AUTH_SOCK;
  const methods: Method[] = [];
  if (key) {
    // ssh2 takes parsed keys, its types do not say so
    const parsed = key as unknown as string;
    methods.push({
      label: "privateKey",
      type: "publickey",
      username,
      key: parsed,
    });
  }
  if (agent) methods.push({ label: "agent", type: "agent", username, agent });
  if (password !== undefined) {
    methods.push({ label: "password", type: "password", username, password });
    methods.push({
      label: "keyboard-interactive",
      type: "keyboard-interactive",
      username,
      prompt: (_name, _instructions, _language, prompts, finish) =>
        finish(answers(prompts, password)),
    });
  }
  // some hosts let in who comes from the right network
  if (!methods.length) methods.push({ label: "", type: "none", username });
  return methods;
}

/** What is typed in secret is the password; nothing else is known. */
function answers(prompts: Prompt[], password: string): string[] {
  return prompts.map((prompt) => (prompt.echo ? "" : password));
}
