import * as z from "zod";
import { COLLECTION_STATS, FIELD_STATS } from "../health/rules/options.ts";
import { FIELD_KINDS } from "../sample/field.ts";
import { OUTCOMES } from "../sample/outcome.ts";
import { byField, count, listOf, maybe, nested, time } from "./shape.ts";

export const outcome = z.enum(OUTCOMES).describe("The outcome of one due tick.");

export const outcomeCounts = z
  .object({
    success: count.describe("Read and valid."),
    failed: count.describe("The source returned an error or could not be reached."),
    timeout: count.describe("No response within the collection's timeout."),
    invalid: count.describe("The response violates the sample type."),
    rejected: count.describe("The breaker was open; the source was not read."),
    missed: count.describe("The previous tick was still running, or the event loop was blocked."),
    waiting: count.describe("The source answers but has nothing to read yet."),
  })
  .describe("Number of ticks by outcome.");

export const nestedNumber = nested(z.number(), "A number, or numbers by the values of the attributes that split the field.");

// Its type belongs to the sample room. `test/types/answers.test-d.ts` holds the schema to it.
export type { Sample } from "../sample/sample.ts";

export const sample = z
  .object({
    time: time.describe("When the tick was due or began."),
    collection: z.string().describe("Name of the collection."),
    outcome,
    durationMs: z
      .number()
      .min(0)
      .describe("From the request to the source until its answer; 0 if the source was not read or has nothing to read yet."),
    values: maybe(byField(nestedNumber)).describe("By field; present exactly if the outcome is success."),
    error: maybe(
      z.object({
        type: z.string().describe("Low-cardinality kind of failure: `error.type` on metrics."),
        message: z.string().describe("One line of text."),
      }),
    ).describe("Present exactly if the outcome is not success."),
  })
  .describe("Every due tick makes one sample, whatever its outcome. A value that was not measured is absent.");

export const field = z
  .object({
    title: z.string().describe("Its name for people, such as `CPU utilization`."),
    kind: z.enum(FIELD_KINDS).describe("What its values are, and how they are exported."),
    additive: z.boolean().describe("Whether its points add up: true for counters, up-down counters and totals."),
    instrument: z.string().describe("OpenTelemetry instrument; empty for a total, which uses that of the breakdown it sums."),
    unit: z.string().describe("UCUM unit."),
    good: maybe(z.enum(["low", "high"])).describe("Which direction is an improvement."),
    description: maybe(z.string()).describe("One sentence about what it measures."),
    sums: maybe(z.string()).describe("Only for a total: the breakdown that it sums."),
    min: maybe(z.number()).describe("Lower bound of the values; absent if unbounded."),
    max: maybe(z.number()).describe("Upper bound of the values; absent if unbounded."),
    intervalMs: z.number().describe("Time between two measurements: the interval of the collection, or a longer one of its own."),
    by: listOf(z.string()).describe("Attributes that split the field, outermost first."),
  })
  .describe("A named number of a sample type.");

export const threshold = z
  .object({
    field: maybe(z.string()).describe("Absent if the statistic is about the whole collection."),
    where: z.record(z.string(), z.string()).describe("Attributes of the points that the threshold applies to."),
    stat: z.enum([...FIELD_STATS, ...COLLECTION_STATS]).describe("The statistic that is judged."),
    window: z.string().describe("Length of the window of the statistic, such as `5m`."),
    above: maybe(z.number()).describe("A value above it gives the status; absent for a lower threshold."),
    below: maybe(z.number()).describe("A value below it gives the status; absent for an upper threshold."),
    clear: z.number().describe("The status ends when the value passes this."),
    status: z.enum(["degraded", "unhealthy", "critical"]).describe("The status that a value past the threshold gives."),
  })
  .describe("A threshold of a health rule, in the unit of the statistic.");

export const unmeasured = z
  .object({
    fields: listOf(z.string()).describe("Keys of the fields of its sample type."),
    reason: z.string().describe('In words that follow "not measured:", such as `the graph has no label Episodic`.'),
    parts: maybe(listOf(z.string())).describe("Where it holds for some parts alone, such as graphs of a store, up to 20 of them."),
  })
  .describe("Fields that a source does not measure, and why.");

export const pause = z
  .object({
    since: time.describe("When it was paused."),
    by: maybe(z.string()).describe("The name that was given with the request, unverified; absent if none was."),
    access: maybe(z.enum(["session", "token"])).describe(
      "How the request was authorized: by a signed-in browser, or by the token. Absent if the program that runs the collector paused it.",
    ),
    address: maybe(z.string()).describe("IP address of the client; absent if it is not known."),
  })
  .describe("A pause of a collection: since when, and by whom as far as that is known.");

export const collection = z
  .object({
    name: z.string().describe("Its key in the configuration."),
    source: z.string().describe("Name of the source that it reads."),
    sourceUi: maybe(z.string()).describe("URL of a user interface of the source; absent if none is configured."),
    type: z.string().describe("Name of the sample type."),
    intervalMs: z.number().describe("Milliseconds between two ticks."),
    timeoutMs: z.number().describe("Maximum milliseconds of a reading."),
    retain: count.describe("Maximum number of retained samples."),
    state: z.enum(["waiting", "running", "paused", "stopped"]).describe("`waiting` before the start of the collector."),
    pause: maybe(pause).describe("Present exactly if the state is `paused`."),
    samples: count.describe("Number of retained samples."),
    lastOutcome: outcome.nullable().describe("null before the first tick."),
    lastTime: time.nullable().describe("null before the first tick."),
    coverage: z.number().min(0).max(1).nullable().describe("Fraction of the retained ticks that succeeded; null before the first tick."),
    breaker: z.enum(["closed", "open", "half-open"]).describe("State of the source's circuit breaker."),
    fields: z.record(z.string(), field).describe("The fields of its sample type by key."),
    unmeasured: listOf(unmeasured).describe(
      "Fields without a value, as the source explains them after a sample that succeeded, at most every 30 s. An explanation stays until the next one that succeeds, also while the source is down or paused. Empty before the first, and of a source that explains nothing.",
    ),
    thresholds: listOf(threshold).describe("Thresholds of its health rules, which charts can show."),
  })
  .describe("A collection and its current state.");

/** A field of a collection's sample type. */
export type FieldReport = Readonly<z.output<typeof field>>;
/** A threshold of a health rule, in the unit of its statistic. */
export type ThresholdReport = Readonly<z.output<typeof threshold>>;
/** A collection and its current state. */
export type CollectionReport = Readonly<z.output<typeof collection>>;

/** Fields that a source does not measure, and why. */
export type UnmeasuredReport = Readonly<z.output<typeof unmeasured>>;
/** A pause of a collection. */
export type PauseReport = Readonly<z.output<typeof pause>>;

/** Response of `POST /api/v1/collections/{name}/pause` and `/resume`. */
export type CollectionAnswer = CollectionReport;

export const collectionsAnswer = z.object({ collections: listOf(collection) });
/** Response of `GET /api/v1/collections`. */
export type CollectionsAnswer = z.output<typeof collectionsAnswer>;

export const samplesAnswer = z
  .object({
    collection: z.string().describe("Name of the collection."),
    columns: listOf(z.string()).describe(
      "Names of the columns: time, outcome, durationMs, errorType, then one per point: the field and its attribute values, joined by `/`. With several attributes, `~` in a value is `~0` and `/` is `~1`.",
    ),
    points: listOf(
      z.object({
        field: z.string().describe("Key of the field."),
        path: listOf(z.string()).describe("Values of its attributes, outermost first."),
      }),
    ).describe("The columns after the fourth: a field, and the values of the attributes that split it."),
    rows: listOf(z.tuple([time, outcome, z.number(), z.string().nullable()]).rest(z.number().nullable()).readonly()).describe(
      "One per sample, newest last; null if a sample did not measure the point.",
    ),
    next: count.describe("Value of `since` for the next request."),
  })
  .describe("Samples as columns and rows.");
/** Response of `GET /api/v1/collections/{name}/samples`. */
export type SamplesAnswer = z.output<typeof samplesAnswer>;
/** One sample as a row, in the order of `columns`. */
export type SampleRow = SamplesAnswer["rows"][number];

export const statistics = z
  .object({
    count: count.describe("Number of samples that measured it."),
    mean: maybe(z.number()).describe("Absent for a counter, and for a total of one, whose values only grow."),
    min: z.number().describe("Smallest value."),
    max: z.number().describe("Largest value."),
    stddev: maybe(z.number()).describe("Population standard deviation; absent where `mean` is."),
    p50: maybe(z.number()).describe("Absent where `mean` is."),
    p95: maybe(z.number()).describe("Absent where `mean` is."),
    p99: maybe(z.number()).describe("Absent where `mean` is."),
    first: z.number().describe("Oldest value."),
    last: z.number().describe("Newest value."),
    increase: maybe(z.number()).describe("Counters only: growth over the window; after a reset the counter starts from zero."),
    rate: maybe(z.number()).describe("Counters only: increase per second; absent with fewer than two samples."),
  })
  .describe("Statistics of one number over a window.");

export const nestedStatistics = nested(statistics, "Statistics, or statistics by the values of the attributes that split the field.");

export const aggregate = z
  .object({
    window: z.string().describe("Its length as requested, such as `5m`."),
    from: time.describe("Start, inclusive."),
    to: time.describe("End, exclusive."),
    due: count.describe("Number of ticks that were due."),
    outcomes: outcomeCounts,
    successRate: z
      .number()
      .min(0)
      .max(1)
      .nullable()
      .describe("Fraction of the reads that succeeded; null if the source was not read or has nothing to read yet."),
    coverage: z.number().min(0).max(1).nullable().describe("Fraction of the due ticks that succeeded; null if none was due."),
    durationMs: z
      .object({
        mean: z.number().describe("Milliseconds."),
        min: z.number().describe("Milliseconds."),
        max: z.number().describe("Milliseconds."),
        p95: z.number().describe("Milliseconds; 95 of 100 reads took at most this."),
      })
      .nullable()
      .describe("Of the reads of the source; null if there was none."),
    fields: byField(nestedStatistics).describe("By field; a field without measurements in the window is absent."),
  })
  .describe("Statistics of a collection over a window: from `from` (inclusive) to `to` (exclusive).");

/** Statistics of one number over a window. */
export type StatisticsReport = z.output<typeof statistics>;
/** Statistics of a collection over a window. */
export type AggregateReport = z.output<typeof aggregate>;

export const aggregatesAnswer = z
  .object({ collection: z.string().describe("Name of the collection."), windows: listOf(aggregate) })
  .describe("The windows of a collection.");
/** Response of `GET /api/v1/collections/{name}/aggregates`. */
export type AggregatesAnswer = z.output<typeof aggregatesAnswer>;
