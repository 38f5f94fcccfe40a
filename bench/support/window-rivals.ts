import { DDSketch } from "@datadog/sketches-js";
import { quantile } from "../../src/statistics/quantile.ts";

interface Summary {
  readonly count: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
}

/** The simple design: an array of objects, scanned and sorted for each window. */
export class ObjectSeries {
  readonly #retain: number;
  readonly #samples: { readonly atMs: number; readonly value: number }[] = [];

  constructor(retain: number) {
    this.#retain = retain;
  }

  push(atMs: number, value: number): void {
    this.#samples.push({ atMs, value });
    if (this.#samples.length > this.#retain) this.#samples.shift();
  }

  statistics(windowMs: number, nowMs: number): Summary {
    const inside = this.#samples.filter(({ atMs }) => atMs >= nowMs - windowMs && atMs < nowMs).map(({ value }) => value);
    const sorted = inside.toSorted((a, b) => a - b);
    const count = inside.length;
    return {
      count,
      mean: inside.reduce((sum, value) => sum + value, 0) / count,
      min: sorted[0] as number,
      max: sorted[count - 1] as number,
      p50: quantile(sorted, 0.5),
      p95: quantile(sorted, 0.95),
      p99: quantile(sorted, 0.99),
    };
  }
}

/** One sketch per minute; a window merges as many as it spans, so its bounds are exact only to a minute. */
export class SketchSeries {
  readonly #minutes: number;
  readonly #sketches: { readonly fromMs: number; readonly sketch: DDSketch }[] = [];

  constructor(minutes: number) {
    this.#minutes = minutes;
  }

  push(atMs: number, value: number): void {
    const fromMs = atMs - (atMs % 60_000);
    if (this.#sketches.at(-1)?.fromMs !== fromMs) this.#sketches.push({ fromMs, sketch: new DDSketch({ relativeAccuracy: 0.01 }) });
    if (this.#sketches.length > this.#minutes) this.#sketches.shift();
    this.#sketches.at(-1)?.sketch.accept(value);
  }

  statistics(windowMs: number, nowMs: number): Summary {
    const merged = new DDSketch({ relativeAccuracy: 0.01 });
    for (const { fromMs, sketch } of this.#sketches) if (fromMs >= nowMs - windowMs - 30_000) merged.merge(sketch);
    return {
      count: merged.count,
      mean: merged.sum / merged.count,
      min: merged.min,
      max: merged.max,
      p50: merged.getValueAtQuantile(0.5),
      p95: merged.getValueAtQuantile(0.95),
      p99: merged.getValueAtQuantile(0.99),
    };
  }
}
