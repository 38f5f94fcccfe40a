/** Machine-readable reasons; stable across releases, unlike messages. */
export type ErrorCode =
  | "config_invalid" // a configuration that cannot be used
  | "config_unreadable" // the file is missing, a directory, too large, not UTF-8
  | "source_unreachable" // nothing answered where the source should be
  | "source_failed" // the source answered, and said no
  | "source_timeout" // the wait was ended before the source answered
  | "source_rejected" // the breaker is open; the source was not asked
  | "reading_invalid" // what the source returned breaks its sample type
  | "aborted" // the caller's signal ended it
  | "lifecycle" // called in a state that does not allow it
  | "journal_gap" // events that were asked for are no longer kept
  | "export_failed" // what was sent out did not arrive
  | "sink_refused" // the receiver of alerts will never accept what was sent
  | "unknown_name" // a collection, source, field or window that does not exist
  | "listen_failed" // the address could not be bound
  | "unauthorized"; // the token is missing or wrong

export interface VitalsErrorOptions {
  readonly cause?: unknown;
  /** Whether the same call may succeed later without a change by its caller. Default false. */
  readonly retryable?: boolean;
  /** Low-cardinality kind for the attribute `error.type`, such as an HTTP status. Default: the code. */
  readonly errorType?: string;
}

/** The one error class that leaves this package. `code` tells errors apart; a dependency's own error is only ever a `cause`. */
export class VitalsError extends Error {
  override readonly name = "VitalsError";
  readonly code: ErrorCode;
  readonly retryable: boolean;
  readonly errorType: string;

  constructor(code: ErrorCode, message: string, options: VitalsErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.retryable = options.retryable ?? false;
    this.errorType = options.errorType ?? code;
  }
}

/** Looks at `code`, not at the class, so it also holds across two copies of this package. */
export function isVitalsError(error: unknown): error is VitalsError {
  return error instanceof Error && error.name === "VitalsError" && typeof (error as { code?: unknown }).code === "string";
}

/** Longest message that leaves the process, in characters: an error text never carries a whole response body. */
export const MESSAGE_LIMIT = 500;

/** What anything thrown has to say, in one bounded line. */
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

/** Answers of HTTP below 500 that say: not now, later. */
const LATER: ReadonlySet<number> = new Set([408, 425, 429]);

/** Whether an answer says that the same request will be refused however often it is sent. */
export const isRefusal = (status: number): boolean => status >= 400 && status < 500 && !LATER.has(status);
