/**
 * Machine-readable reasons; stable across releases, unlike messages.
 * - `config_invalid`: a configuration that cannot be used
 * - `config_unreadable`: the file is missing, a directory, too large or not UTF-8; or cannot be written
 * - `source_unreachable`: no response at the source's address
 * - `source_failed`: the source responded with an error
 * - `source_waiting`: the source has nothing to read yet: it waits for its first write; not a failure
 * - `source_timeout`: the source did not respond before the deadline
 * - `source_rejected`: the breaker is open; the source was not read
 * - `reading_invalid`: the reading violates its sample type
 * - `aborted`: the caller's signal aborted it
 * - `lifecycle`: called in a state that does not allow it
 * - `journal_gap`: the requested events are no longer retained
 * - `journal_fenced`: the journal has a newer owner
 * - `state_in_use`: another process owns the state directory
 * - `state_unreadable`: a state directory that cannot be read, or a directory without a state
 * - `export_failed`: an export was not delivered
 * - `output_failed`: the command's result could not be written
 * - `sink_refused`: the receiver of alerts will never accept what was sent
 * - `unknown_name`: a collection, source, field or window that does not exist
 * - `listen_failed`: the address could not be bound
 * - `unauthorized`: the token is missing or wrong
 */
export type ErrorCode =
  | "config_invalid"
  | "config_unreadable"
  | "source_unreachable"
  | "source_failed"
  | "source_waiting"
  | "source_timeout"
  | "source_rejected"
  | "reading_invalid"
  | "aborted"
  | "lifecycle"
  | "journal_gap"
  | "journal_fenced"
  | "state_in_use"
  | "state_unreadable"
  | "export_failed"
  | "output_failed"
  | "sink_refused"
  | "unknown_name"
  | "listen_failed"
  | "unauthorized";

/** What a `VitalsError` says beside its code and message. */
export interface VitalsErrorOptions {
  /** What was thrown before, such as an error of a dependency. Default: none. */
  readonly cause?: unknown;
  /** Whether the same call may succeed later without a change by its caller. Default false. */
  readonly retryable?: boolean;
  /** Low-cardinality kind for the attribute `error.type`, such as an HTTP status. Default: the code. */
  readonly errorType?: string;
}

/** The only error class that this package throws to its callers. `code` identifies the reason; errors of dependencies appear only as `cause`. */
export class VitalsError extends Error {
  /** Always `VitalsError`: what `isVitalsError` checks. */
  override readonly name = "VitalsError";
  /** The reason, for programs. */
  readonly code: ErrorCode;
  /** Whether the same call may succeed later without a change by its caller. */
  readonly retryable: boolean;
  /** Low-cardinality kind for the attribute `error.type`: the code, or something more exact such as an HTTP status. */
  readonly errorType: string;

  /**
   * @param code the reason
   * @param message one sentence for people: what was expected and what was found, without secrets
   * @param options `cause`, `retryable` and `errorType`
   */
  constructor(code: ErrorCode, message: string, options: VitalsErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.errorType = options.errorType ?? code;
  }
}

/** Whether an error is a `VitalsError`. Checks `name` and `code`, not the class, so that it also holds across two copies of this package. @param error anything that was thrown */
export function isVitalsError(error: unknown): error is VitalsError {
  return error instanceof Error && error.name === "VitalsError" && typeof (error as { code?: unknown }).code === "string";
}

/** Limit on messages that leave the process, in characters: an error never contains a whole response body. */
export const MESSAGE_LIMIT = 500;

/** The message of anything thrown, in one bounded line. */
export function messageOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  const line = text.replaceAll(/\s+/g, " ").trim();
  return line.length <= MESSAGE_LIMIT ? line : `${line.slice(0, MESSAGE_LIMIT - 1)}…`;
}

/** The stack of anything thrown with those of its causes, for the log; never for a client. */
export function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return messageOf(error);
  const stack = error.stack ?? messageOf(error);
  return error.cause === undefined ? stack : `${stack}\ncaused by ${stackOf(error.cause)}`;
}

/** HTTP statuses below 500 after which the same request may succeed later. */
const TEMPORARY: ReadonlySet<number> = new Set([408, 425, 429]);

/** Whether an HTTP status means that repeating the request is useless. */
export const isRefusal = (status: number): boolean => status >= 400 && status < 500 && !TEMPORARY.has(status);
