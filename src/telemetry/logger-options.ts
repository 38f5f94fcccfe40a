import * as z from "zod";
import { EXPORT_TIMEOUT, notCarried, orDefault, otlpHttpExporter, otlpHttpShape, within } from "./otlp-http-options.ts";

/** Milliseconds from one export to the next; at most a day, as for metrics. */
const DELAY = { least: 0, most: 86_400_000, default: 1_000 };

/** Log records that wait at most, and that are sent together. */
const QUEUE = { least: 1, most: 100_000, default: 2_048 };
const BATCH = { least: 1, most: 100_000, default: 512 };

const BATCH_TIMEOUT_MS = 30_000;

const exporter = otlpHttpExporter(z.strictObject(otlpHttpShape("logs")));

const batch = z.strictObject({
  /** Milliseconds from the beginning of one export to that of the next; the first does not wait. */
  schedule_delay: orDefault(within(DELAY, "milliseconds"), DELAY.default),
  /** Milliseconds an export may take; the exporter's own timeout holds as well. */
  export_timeout: orDefault(within(EXPORT_TIMEOUT, "milliseconds"), BATCH_TIMEOUT_MS),
  max_queue_size: orDefault(within(QUEUE, "log records"), QUEUE.default),
  max_export_batch_size: orDefault(within(BATCH, "log records"), BATCH.default),
  exporter,
});

const processor = z
  .strictObject({
    batch: batch.optional(),
    simple: z.strictObject({ exporter }).optional(),
    "event_to_span_event_bridge/development": notCarried("the processor event_to_span_event_bridge"),
  })
  .refine((each) => (each.batch === undefined) !== (each.simple === undefined), "expected either batch or simple");

/** How log records are sent. */
export type BatchOptions = z.output<typeof batch>;

/** `simple` as the batch it is: each record by itself and at once. */
export const simpleBatch = (exporter: BatchOptions["exporter"]): BatchOptions => ({
  schedule_delay: 0,
  export_timeout: BATCH_TIMEOUT_MS,
  max_queue_size: QUEUE.default,
  max_export_batch_size: 1,
  exporter,
});

const limits = z.strictObject({
  attribute_value_length_limit: z.int().min(0).nullish(),
  attribute_count_limit: z.int().min(0).nullish(),
  attribute_value_depth_limit: notCarried("attribute_value_depth_limit"),
});
export type LogLimits = z.output<typeof limits>;

/** `logger_provider` of OpenTelemetry's declarative configuration, as far as it is carried; everything else is an error that says so. */
export const loggerProviderOptions = z.strictObject({
  processors: z.array(processor).min(1).max(16),
  limits: limits.nullish(),
  "logger_configurator/development": notCarried("logger_configurator"),
});
export type LoggerProviderConfig = z.input<typeof loggerProviderOptions>;
