import type { Outcome } from "./outcome.ts";
import type { AnyValues } from "./sample-type.ts";

/** Why a tick has no values. */
export interface SampleError {
  /** Low-cardinality kind, used as `error.type` on metrics: an error code of ours, an HTTP status, a failed check. */
  readonly type: string;
  /** One bounded line for people, without secrets or response bodies. */
  readonly message: string;
}

/** The record of a due tick, whatever its outcome. Never changed after it was made. */
export interface Sample<V = AnyValues> {
  /** When the tick was due or started, ISO 8601 in UTC. */
  readonly time: string;
  /** Name of the collection. */
  readonly collection: string;
  /** The result of the tick. */
  readonly outcome: Outcome;
  /** Milliseconds from the query to the response of the source; 0 if it was not queried or has nothing to read yet. */
  readonly durationMs: number;
  /** Present exactly when the outcome is `success`. */
  readonly values?: V;
  /** Present exactly when the outcome is not `success`. */
  readonly error?: SampleError;
}

/** What is missing of a reading that succeeded. */
export interface Missing {
  /** Share of what was read that is missing, from 0 to 1. */
  readonly share: number;
  /** What is missing, and why the first of it is: `3 of 40 lines skipped; first line 7: ...`. Without secrets. */
  readonly text: string;
  /** Number of values that are missing, where the source counts them. */
  readonly count?: number;
}

/** The shortest time that a reading is taken to last; a power of two, so that sums with it are exact. Milliseconds. */
export const INSTANT_MS = 2 ** -10;

/** A sample with data that only this process needs. */
export interface SampleRecord {
  readonly sample: Sample;
  /**
   * When the reading started, on the monotonic clock; the due time, if it started so soon after it that the difference is noise. Aligned
   * times make windows hold the same number of samples each time.
   */
  readonly atMs: number;
  /** How long the process had been suspended by then, which the monotonic clock leaves out. Milliseconds; default: 0. */
  readonly suspendedMs?: number;
  /** When the tick was due, on the monotonic clock. */
  readonly dueMs: number;
  /** Delay of the tick after its due time, in milliseconds. */
  readonly latenessMs: number;
  /** The check that an `invalid` reading violated. */
  readonly brokenCheck?: string;
  /** What is missing of a reading that succeeded; absent if nothing is. */
  readonly missing?: Missing;
}
