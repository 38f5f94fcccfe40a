import * as z from "zod";
import { COLLECTION_STATS, FIELD_STATS } from "../health/rules/options.ts";
import { FIELD_KINDS } from "../sample/field.ts";
import { OUTCOMES } from "../sample/outcome.ts";
import { byField, count, listOf, maybe, nested, time } from "./shape.ts";

export const outcome = z.enum(OUTCOMES).describe("What came of one due tick.");

export const outcomeCounts = z
  .object({ success: count, failed: count, timeout: count, invalid: count, rejected: count, missed: count })
  .describe("How many ticks had which outcome.");

export const nestedNumber = nested(z.number(), "A number, or numbers by the values of the attributes that the field is split by.");

export const sample = z
  .object({
    time: time.describe("When the tick was due or began."),
    collection: z.string(),
    outcome,
    durationMs: z.number().min(0).describe("From asking the source to having an answer; 0 where it was not asked."),
    values: maybe(byField(nestedNumber)).describe("By field; there exactly when the outcome is success."),
    error: maybe(
      z.object({
        type: z.string().describe("A kind of failure, of which there are few: `error.type` on metrics."),
        message: z.string().describe("One line for people."),
      }),
    ).describe("There exactly when the outcome is not success."),
  })
  .describe("What every due tick makes, whatever came of it. A value that was not measured is absent.");

export const field = z
  .object({
    kind: z.enum(FIELD_KINDS),
    additive: z.boolean().describe("Whether its points add up: true for counters, up-down counters and totals."),
    instrument: z.string().describe("OpenTelemetry instrument; empty for a total, which has that of the breakdown it sums."),
    unit: z.string().describe("UCUM."),
    good: maybe(z.enum(["low", "high"])).describe("Which direction is an improvement."),
    description: maybe(z.string()),
    sums: maybe(z.string()).describe("Of a total: the breakdown that it sums."),
    min: maybe(z.number()).describe("Smallest value there can be; absent where there is none."),
    max: maybe(z.number()).describe("Largest value there can be; absent where there is none."),
    intervalMs: z.number().describe("Time between two measurements: that of the collection, or longer where it is measured less often."),
    by: listOf(z.string()).describe("Attributes that the field is split by, outermost first."),
  })
  .describe("A named number of a sample type.");

export const threshold = z
  .object({
    field: maybe(z.string()).describe("Absent where the statistic is about the whole collection."),
    where: z.record(z.string(), z.string()).describe("Attributes of the points that are meant."),
    stat: z.enum([...FIELD_STATS, ...COLLECTION_STATS]),
    window: z.string(),
    above: maybe(z.number()),
    below: maybe(z.number()),
    clear: z.number().describe("What the value has to get past for the status to be left."),
    status: z.enum(["degraded", "unhealthy", "critical"]),
  })
  .describe("Where a status begins, and where it ends, in the unit of the statistic.");

export const collection = z
  .object({
    name: z.string(),
    source: z.string(),
    type: z.string().describe("Name of the sample type."),
    intervalMs: z.number(),
    timeoutMs: z.number(),
    retain: count.describe("Samples that are retained at most."),
    state: z.enum(["waiting", "running", "paused", "stopped"]),
    samples: count.describe("Samples that are retained."),
    lastOutcome: outcome.nullable().describe("null before the first tick."),
    lastTime: time.nullable().describe("null before the first tick."),
    coverage: z.number().min(0).max(1).nullable().describe("Successful ticks of those retained; null before the first tick."),
    breaker: z.enum(["closed", "open", "half-open"]).describe("State of the source's circuit breaker."),
    fields: z.record(z.string(), field),
    thresholds: listOf(threshold).describe("What it is judged by and its charts can show."),
  })
  .describe("A collection as it stands.");

/** A field of a collection's sample type, as far as JSON can say it: an open bound is absent. */
export type FieldReport = Readonly<z.output<typeof field>>;
/** One collection as it stands. */
export type CollectionReport = Readonly<z.output<typeof collection>>;

/** Answer of `POST /api/v1/collections/{name}/pause` and `/resume`. */
export type CollectionAnswer = CollectionReport;

export const collectionsAnswer = z.object({ collections: listOf(collection) });
/** Answer of `GET /api/v1/collections`. */
export type CollectionsAnswer = z.output<typeof collectionsAnswer>;

export const samplesAnswer = z
  .object({
    collection: z.string(),
    columns: listOf(z.string()).describe("Names of the columns: time, outcome, durationMs, errorType, then one for each point."),
    points: listOf(z.object({ field: z.string(), path: listOf(z.string()) })).describe(
      "What the columns after the fourth are: a field, and the attribute values it is split by.",
    ),
    rows: listOf(z.tuple([time, outcome, z.number(), z.string().nullable()]).rest(z.number().nullable()).readonly()).describe(
      "One for each sample, newest last; null where a sample did not measure the point.",
    ),
    next: count.describe("`since` for the next request."),
  })
  .describe("Samples in columns and rows.");
/** Answer of `GET /api/v1/collections/{name}/samples`. */
export type SamplesAnswer = z.output<typeof samplesAnswer>;

export const statistics = z
  .object({
    count: count.describe("Samples that measured it."),
    mean: z.number(),
    min: z.number(),
    max: z.number(),
    stddev: z.number().describe("Of the population: divided by n."),
    p50: z.number(),
    p95: z.number(),
    p99: z.number(),
    first: z.number(),
    last: z.number(),
    increase: maybe(z.number()).describe("Counters only: growth over the window, a reset counted from zero."),
    rate: maybe(z.number()).describe("Counters only: increase a second; absent with fewer than two samples."),
  })
  .describe("What a window says of one number.");

export const nestedStatistics = nested(statistics, "Statistics, or statistics by the values of the attributes that the field is split by.");

export const aggregate = z
  .object({
    window: z.string(),
    from: time,
    to: time,
    due: count.describe("Ticks that fell due."),
    outcomes: outcomeCounts,
    successRate: z.number().min(0).max(1).nullable().describe("null when no tick asked the source."),
    coverage: z.number().min(0).max(1).nullable().describe("null when no tick was due."),
    durationMs: z
      .object({ mean: z.number(), min: z.number(), max: z.number(), p95: z.number() })
      .nullable()
      .describe("Of the ticks that asked the source; null when there was none."),
    fields: byField(nestedStatistics).describe("By field; a field that was not measured in the window is absent."),
  })
  .describe("What a time range of a collection comes to: from `from`, up to but without `to`.");

export const aggregatesAnswer = z.object({ collection: z.string(), windows: listOf(aggregate) }).describe("The windows of a collection.");
/** Answer of `GET /api/v1/collections/{name}/aggregates`. */
export type AggregatesAnswer = z.output<typeof aggregatesAnswer>;
