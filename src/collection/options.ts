import * as z from "zod";
import { harmless } from "../base/harmless.ts";
import { durationSchema } from "../base/duration.ts";
import { parseDuration } from "../base/quantity.ts";

/** Bounds of `retain`, in samples. */
export const RETAIN_LIMITS = { min: 6, max: 100_000 } as const;

const EXPECTED_RETAIN = `expected a number of samples from ${RETAIN_LIMITS.min} to ${RETAIN_LIMITS.max}, or a duration such as "1h"`;

/** Samples, or the time that they span, which stays as it is written. */
const retainSchema = z
  .union([z.number(), z.string()], { error: EXPECTED_RETAIN })
  .refine((value) => {
    if (typeof value === "string") return (parseDuration(value) ?? 0) > 0;
    return Number.isInteger(value) && value >= RETAIN_LIMITS.min && value <= RETAIN_LIMITS.max;
  }, EXPECTED_RETAIN)
  .register(harmless, {});

/** One entry of `collections`. */
export const collectionOptions = z.strictObject({
  /** Name of the source that it reads. */
  source: z.string().register(harmless, {}),
  /** Sample type; optional if the source has only one. */
  type: z.string().register(harmless, {}).optional(),
  /** Time between two ticks. Default: the interval that the source's reading declares. */
  interval: durationSchema.optional(),
  /** Maximum duration of a reading. Default: the interval, but at least 1 s; may exceed the interval. */
  timeout: durationSchema.optional(),
  /** Duration of a reading above which the collection is degraded as slow. Default: 0.8 of the timeout. */
  slow: durationSchema.optional(),
  /** Number of retained samples, or the time that they span, such as `1h`. Default: an hour, or the most samples there can be. */
  retain: retainSchema.optional(),
});

/** `breaker` of one entry of `sources`. */
export const breakerOptions = z.strictObject({
  /** Consecutive failures that open the breaker. Default: 5. */
  failures: z.int().min(1).max(1_000).default(5),
  /** Wait before the first retry of an open breaker. Default: 1 s. */
  initial: durationSchema.default(1_000),
  /** Maximum wait between two retries, which grows exponentially with jitter. Default: 1 m. */
  max: durationSchema.default(60_000),
});
export type BreakerOptions = z.output<typeof breakerOptions>;
