import { parseDuration } from "../base/quantity.ts";
import { VitalsError } from "../base/errors.ts";
import type { OutcomeCounts } from "../sample/outcome.ts";
import type { SampleType, Values } from "../sample/sample-type.ts";
import type { Statistics } from "../statistics/moments.ts";

/** Statistics of a collection over the window `[from, to)`. */
export interface Aggregate<T extends SampleType = SampleType> {
  /** The length of the window as it was requested, such as `5m`. */
  readonly window: string;
  /** ISO 8601, on the wall clock. */
  readonly from: string;
  /** ISO 8601, on the wall clock; exclusive. */
  readonly to: string;
  /** Ticks that fell due in the window. */
  readonly due: number;
  /** Ticks of the window by outcome. */
  readonly outcomes: OutcomeCounts;
  /** 0 to 1; null if no tick read the source or tried to. */
  readonly successRate: number | null;
  /** 0 to 1; null if no tick was due. */
  readonly coverage: number | null;
  /** Durations of the readings in milliseconds: `mean`, `min`, `max` and `p95`; null if there was none. */
  readonly durationMs: { readonly mean: number; readonly min: number; readonly max: number; readonly p95: number } | null;
  /** By field, with the field's axes; a point that was not measured in the window is absent. */
  readonly fields: Values<T, Statistics>;
}

/** Length of a window in milliseconds. @throws VitalsError `unknown_name` if `window` is not a duration above zero */
export function windowMs(window: string): number {
  const ms = parseDuration(window);
  if (ms === undefined || ms <= 0) throw new VitalsError("unknown_name", `invalid window "${window}"; expected a duration such as "5m"`);
  return ms;
}
