import { parseDuration } from "../base/quantity.ts";
import { VitalsError } from "../base/errors.ts";
import type { OutcomeCounts } from "../sample/outcome.ts";
import type { SampleType, Values } from "../sample/sample-type.ts";
import type { Statistics } from "../statistics/moments.ts";

/** Everything a collection's last `windowMs` come to, over `[to - windowMs, to)`. */
export interface Aggregate<T extends SampleType = SampleType> {
  readonly window: string;
  /** ISO 8601; labels of the window's ends on the wall clock. */
  readonly from: string;
  readonly to: string;
  /** Ticks that fell due in the window. */
  readonly due: number;
  readonly outcomes: OutcomeCounts;
  /** null when no tick asked the source. */
  readonly successRate: number | null;
  /** null when no tick was due. */
  readonly coverage: number | null;
  /** Of the ticks that asked the source; null when there was none. */
  readonly durationMs: { readonly mean: number; readonly min: number; readonly max: number; readonly p95: number } | null;
  /** By field, split as the field is; a point that was not measured in the window is absent. */
  readonly fields: Values<T, Statistics>;
}

/** @throws VitalsError `unknown_name` when `window` is not a length of time above zero */
export function windowMs(window: string): number {
  const ms = parseDuration(window);
  if (ms === undefined || ms <= 0) throw new VitalsError("unknown_name", `window "${window}": expected a length of time such as "5m"`);
  return ms;
}
