import * as z from "zod";

/** Milliseconds an export may take. Zero would mean no limit, and everything here has one. */
export const EXPORT_TIMEOUT = { least: 1, most: 600_000, default: 10_000 };

export const notCarried = (what: string) => z.undefined({ error: `${what} is not carried by this program; remove it` }).optional();

/** The standard lets `null`, such as an unset variable, stand for the default. */
export const orDefault = <T extends z.ZodType>(schema: T, value: z.output<T>) => schema.nullish().transform((given) => given ?? value);

/** A whole number within bounds, both included. */
export function within({ least, most }: { readonly least: number; readonly most: number }, unit: string) {
  const error = `expected a whole number of ${unit} from ${least} to ${most}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
}

const headers = z.array(z.strictObject({ name: z.string(), value: z.string().nullable() }));

/** An address that can be exported to. */
export const otlpEndpoint = z.url({ protocol: /^https?$/, error: "expected an http or https URL" });

/** What `otlp_http` of OpenTelemetry's declarative configuration has for every signal, as far as it is carried. */
export const otlpHttpShape = (signal: "metrics" | "logs") => ({
  endpoint: orDefault(otlpEndpoint, `http://localhost:4318/v1/${signal}`),
  headers: headers.nullish(),
  /** Comma-separated `key=value`; entries of `headers` come before. */
  headers_list: z.string().nullish(),
  compression: z.enum(["gzip", "none"]).nullish(),
  /** Milliseconds one export may take, retries included. */
  timeout: orDefault(within(EXPORT_TIMEOUT, "milliseconds"), EXPORT_TIMEOUT.default),
  encoding: orDefault(z.enum(["protobuf", "json"]), "protobuf"),
  tls: notCarried("tls"),
  max_request_size: notCarried("max_request_size"),
  max_response_size: notCarried("max_response_size"),
});
export type OtlpHttpOptions = z.output<z.ZodObject<ReturnType<typeof otlpHttpShape>>>;

/** The exporter of a reader or a processor: `otlp_http` with these options, and no other kind. */
export const otlpHttpExporter = <S extends z.core.$ZodLooseShape>(options: z.ZodObject<S>) =>
  z.strictObject({
    otlp_http: options.nullable().transform((given) => given ?? options.parse({})),
    otlp_grpc: notCarried("the exporter otlp_grpc"),
    "otlp_file/development": notCarried("the exporter otlp_file"),
    console: notCarried("the exporter console"),
  });

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

/** Milliseconds from one export to the next: less would be a flood, more than a day no monitoring. */
export const EXPORT_INTERVAL = { least: 100, most: 86_400_000, default: 60_000 };

const READER_TIMEOUT_MS = 30_000;

const metricExporter = otlpHttpExporter(
  z.strictObject({
    ...otlpHttpShape("metrics"),
    temporality_preference: orDefault(z.enum(["cumulative", "delta", "low_memory"]), "cumulative"),
    default_histogram_aggregation: notCarried("default_histogram_aggregation"),
  }),
);
export type OtlpMetricOptions = z.output<typeof metricExporter>["otlp_http"];

const periodicReader = z.strictObject({
  /** Milliseconds from the beginning of one export to that of the next. */
  interval: orDefault(within(EXPORT_INTERVAL, "milliseconds"), EXPORT_INTERVAL.default),
  /** Milliseconds a collect and its export may take; at most the interval. */
  timeout: orDefault(within(EXPORT_TIMEOUT, "milliseconds"), READER_TIMEOUT_MS),
  exporter: metricExporter,
  "max_export_batch_size/development": notCarried("max_export_batch_size"),
  producers: notCarried("producers"),
  cardinality_limits: notCarried("cardinality_limits"),
});

const prometheusOptions = z.strictObject({
  /** With `host` or `port`, `/metrics` also has a listener of its own there. */
  host: z.string().nullish(),
  port: z.int().min(0).max(65_535).nullish(),
  without_scope_info: notCarried("without_scope_info"),
  scope_info_enabled: notCarried("scope_info_enabled"),
  "without_target_info/development": notCarried("without_target_info"),
  "target_info_enabled/development": notCarried("target_info_enabled"),
  with_resource_constant_labels: notCarried("with_resource_constant_labels"),
  resource_constant_labels: notCarried("resource_constant_labels"),
  translation_strategy: notCarried("translation_strategy"),
});

const pullReader = z.strictObject({
  exporter: z.strictObject({ "prometheus/development": prometheusOptions.nullable().transform((options) => options ?? {}) }),
  producers: notCarried("producers"),
  cardinality_limits: notCarried("cardinality_limits"),
});

const reader = z
  .strictObject({ periodic: periodicReader.optional(), pull: pullReader.optional() })
  .refine((each) => (each.periodic === undefined) !== (each.pull === undefined), "expected either periodic or pull");

/** `meter_provider` of OpenTelemetry's declarative configuration, as far as it is carried; everything else is an error that says so. */
export const meterProviderOptions = z.strictObject({
  readers: z.array(reader).max(16).default([]),
  views: notCarried("views"),
  exemplar_filter: notCarried("exemplar_filter"),
  "meter_configurator/development": notCarried("meter_configurator"),
});
export type MeterProviderConfig = z.input<typeof meterProviderOptions>;

/** Percent-encoding undone; text that is not well-formed as it is. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
