import type { Outcome } from "./outcome.ts";
import type { AnyValues } from "./sample-type.ts";

/** Why a tick has no values. */
export interface SampleError {
  /** Low-cardinality kind, used as `error.type` on metrics: an error code of ours, an HTTP status, a failed check. */
  readonly type: string;
  /** One bounded line for people. Never holds a secret or a response body. */
  readonly message: string;
}

/** What every due tick makes, whatever came of it. Made once, never rewritten. */
export interface Sample<V = AnyValues> {
  /** When the tick was due or started, ISO 8601 in UTC. */
  readonly time: string;
  readonly collection: string;
  readonly outcome: Outcome;
  /** Milliseconds from asking the source to having an answer; 0 where it was not asked. */
  readonly durationMs: number;
  /** Present exactly when the outcome is `success`. */
  readonly values?: V;
  /** Present exactly when the outcome is not `success`. */
  readonly error?: SampleError;
}

/** A sample together with what only this process needs of it. */
export interface SampleRecord {
  readonly sample: Sample;
  /** Monotonic moment of `sample.time`. */
  readonly atMs: number;
  /** How far after its due moment the tick began, in milliseconds. */
  readonly latenessMs: number;
  /** The check that an `invalid` reading broke. */
  readonly brokenCheck?: string;
}
