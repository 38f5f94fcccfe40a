import type { Outcome } from "../sample/outcome.ts";
import type { Point } from "../sample/sample-type.ts";
import type { SampleError } from "../sample/sample.ts";

/** One point over the retained samples. */
export interface TableColumn extends Pick<Point, "field" | "path"> {
  /** The value in the retained sample number `n`; NaN if it did not measure the point. */
  at(n: number): number;
  /** Whether any retained sample from number `from` (inclusive) to `to` (exclusive) measured the point. */
  isMeasuredIn(from: number, to: number): boolean;
}

/**
 * Retained samples by number, read from their columns without an object for each. The first sample since the creation has the number 0.
 * A sample is retained until `retain` newer ones exist: a reader that takes several turns of the event loop checks `oldest` before each.
 */
export interface SampleTable {
  /** Number of the oldest retained sample. */
  readonly oldest: number;
  /** Number that the next sample gets. */
  readonly taken: number;
  /** Points that any retained sample may have measured, in the order of their first measurement. */
  readonly columns: readonly TableColumn[];
  /** Wall-clock time of the retained sample number `n`, in milliseconds since 1970. */
  timeMs(n: number): number;
  /** What the retained sample number `n` holds besides its values: `outcome`, `error` (undefined on success), `time` in ISO 8601, and `durationMs` 0 if the source was not read. */
  row(n: number): {
    readonly time: string;
    readonly outcome: Outcome;
    readonly durationMs: number;
    readonly error: SampleError | undefined;
  };
}
