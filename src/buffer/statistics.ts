import type { FieldKind } from "../sample/field.ts";
import { quantile } from "./quantile.ts";
import type { Statistics } from "./window.ts";

/** One point's numbers within a window, in order of time, with the moments they were measured. */
export interface Series {
  readonly values: Float64Array;
  readonly atMs: Float64Array;
}

/** What a series comes to; undefined of an empty one. */
export function statisticsOf(series: Series, kind: FieldKind): Statistics | undefined {
  const { values } = series;
  const count = values.length;
  const first = values[0];
  const last = values[count - 1];
  if (first === undefined || last === undefined) return undefined;
  const sorted = values.toSorted();
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / count;
  return {
    count,
    mean,
    min: sorted[0] as number,
    max: sorted[count - 1] as number,
    stddev: Math.sqrt(variance),
    p50: quantile(sorted, 0.5),
    p95: quantile(sorted, 0.95),
    p99: quantile(sorted, 0.99),
    first,
    last,
    ...(kind === "counter" ? growthOf(series) : {}),
  };
}

/** What a counter grew by; a value below the one before it began again at zero. */
function growthOf({ values, atMs }: Series): Pick<Statistics, "increase" | "rate"> {
  let increase = 0;
  for (let i = 1; i < values.length; i += 1) {
    const [before, now] = [values[i - 1] as number, values[i] as number];
    increase += now >= before ? now - before : now;
  }
  const seconds = ((atMs.at(-1) ?? 0) - (atMs[0] ?? 0)) / 1_000;
  return seconds > 0 ? { increase, rate: increase / seconds } : { increase };
}
