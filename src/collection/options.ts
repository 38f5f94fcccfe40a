import * as z from "zod";
import { durationSchema } from "../base/duration.ts";

/** Samples kept where a configuration names no number: an hour's worth, within these. */
export const RETAIN_LIMITS = { least: 1, most: 100_000 } as const;

/** One entry of `collections`. */
export const collectionOptions = z.strictObject({
  /** Name of the source it reads. */
  source: z.string(),
  /** Sample type; may be left out where the source has only one. */
  type: z.string().optional(),
  /** Time between ticks. Default: what the source's reading says. */
  interval: durationSchema.optional(),
  /** When a tick's wait ends. Default: the interval, but at least 1 s; may exceed the interval. */
  timeout: durationSchema.optional(),
  /** Above this a collection counts as slow. Default: 0.8 of the timeout. */
  slow: durationSchema.optional(),
  /** Samples kept. Default: an hour's worth. */
  retain: z.int().min(RETAIN_LIMITS.least).max(RETAIN_LIMITS.most).optional(),
});

/** `breaker` of one entry of `sources`. */
export const breakerOptions = z.strictObject({
  /** Consecutive failures that open it. */
  failures: z.int().min(1).max(1_000).default(5),
  /** First wait before the source is asked again. */
  initial: durationSchema.default(1_000),
  /** Longest wait; the waits in between grow exponentially, with jitter. */
  max: durationSchema.default(60_000),
});
export type BreakerOptions = z.output<typeof breakerOptions>;
